"""Known vulnerabilities of the versions that are tested with, `make audit`: pip-audit asks PyPI about each.

Ends with 1 where there is one, and with 0 where there is none or where PyPI cannot be asked, which is said.
"""

import json
import subprocess
import sys

COMMAND = ("-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip", "--format", "json")


def main() -> int:
    asked = subprocess.run([sys.executable, *COMMAND], capture_output=True, text=True)
    try:
        found = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        last = (asked.stderr.strip() or "it said nothing").splitlines()[-1]
        print(f"Left out, as PyPI could not be asked for known vulnerabilities: {last}")
        return 0
    audited = [one for one in found if "skip_reason" not in one]
    if not audited:
        print(f"Left out, as the registry here tells no vulnerabilities: {found[0]['skip_reason']}")
        return 0
    known = [(one, hole) for one in audited for hole in one["vulns"]]
    for one, hole in known:
        remedy = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {hole['id']}, put right in {remedy}")
    unknown = ", ".join(one["name"] for one in found if "skip_reason" in one)
    left_out = f" Not on PyPI: {unknown}." if unknown else ""
    print(f"{len(audited)} packages asked about, {len(known)} known vulnerabilities.{left_out}")
    return int(bool(known))


if __name__ == "__main__":
    sys.exit(main())
