"""A real PostgreSQL of the tests' own: a private cluster in a temporary folder, behind a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


def programs() -> Path | None:
    """Debian keeps them beside each version, others on the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: path.parts[-3].zfill(3))
    found = versions[-1] if versions else shutil.which("pg_ctl")
    return Path(found).parent if found else None


@contextmanager
def cluster() -> Iterator[str]:
    """Start one and yield the URL of its database; it is stopped and removed at the end.

    PostgreSQL refuses to run as root: then it is run as the user `postgres` (or `nobody`).
    Raises RuntimeError where it cannot be had.
    """
    bin_folder = programs()
    if bin_folder is None:
        raise RuntimeError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="aleator-pg-", dir="/tmp"))  # a socket's path has to be short
    user, switch = pwd.getpwuid(os.getuid()).pw_name, []
    if os.getuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = "postgres" if "postgres" in names else "nobody"
        if shutil.which("runuser") is None:
            raise RuntimeError("PostgreSQL does not run as root, and there is no runuser")
        shutil.chown(folder, user)
        switch = ["runuser", "-u", user, "--"]
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run([*switch, *command], capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    try:
        run(str(bin_folder / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses=''"
        # Its output goes to a file: a server that inherits our pipe would keep it open for good.
        run(str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://{user}@/postgres?host={quote(str(folder))}"
        finally:
            run(str(bin_folder / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
