"""The log of decisions in a database: SQLite in a file by default, PostgreSQL by URL for teams.

Rows are only ever added. A row is on disk before its decision is acknowledged, and a decision that is sent again
(a retry after a broken connection) is found by its uuid and not stored twice.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from aleator.decisions.decision import Decision
from aleator.errors import AleatorError, AuditFolderError, DataError, MissingExtraError

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql, sqlite
except ImportError as error:
    raise MissingExtraError("Reviewing needs a database library: pip install 'aleator[review]'.") from error

TABLES = sa.MetaData()
META = sa.Table(
    "aleator_meta", TABLES, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
DECISIONS = sa.Table(
    "aleator_decisions",
    TABLES,
    sa.Column("number", sa.Integer().with_variant(sa.BigInteger, "postgresql"), primary_key=True, autoincrement=True),
    sa.Column("uuid", sa.Text, nullable=False, unique=True),
    sa.Column("example", sa.Text, nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("time", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("undoes", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("tags", sa.Text, nullable=False, server_default="[]"),
    sqlite_autoincrement=True,  # a number is never given twice, so that "rows after N" misses none
)
SKIPS = sa.Table(
    "aleator_skips",
    TABLES,
    sa.Column("number", sa.Integer().with_variant(sa.BigInteger, "postgresql"), primary_key=True, autoincrement=True),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("example", sa.Text, nullable=False),
)
"""What somebody put off: no decision, but they should not be asked again at once after the server was restarted."""


def _add_notes_and_tags(connection: sa.Connection) -> None:
    """Decisions of version 0.1 have neither; a database that was made today has the columns already."""
    present = {column["name"] for column in sa.inspect(connection).get_columns(DECISIONS.name)}
    for name, default in (("note", "''"), ("tags", "'[]'")):
        if name not in present:
            connection.exec_driver_sql(
                f"ALTER TABLE {DECISIONS.name} ADD COLUMN {name} TEXT NOT NULL DEFAULT {default}"
            )


MIGRATIONS: tuple[Callable[[sa.Connection], object], ...] = (TABLES.create_all, _add_notes_and_tags)
"""What brings the tables from version n to n + 1. A released one is never changed; the first makes today's tables."""
ONE_WRITER = 0x616C6561
"""Key of PostgreSQL's advisory lock: numbers are then given in the order of commits, so that "rows after N" misses
none."""


class ConflictError(AleatorError):
    """A uuid was used before, for another decision."""


class UnavailableError(AuditFolderError):
    """The database takes or gives nothing just now: its disk is full, or its server is gone."""


class Store:
    """The decisions of one data set. Safe to use from many threads."""

    def __init__(self, database: str | Path, fingerprint: str, *, exclusive: bool = False) -> None:
        """Open, and make or bring up to date, the tables.

        Args:
            database: a file for SQLite, or a URL (`postgresql://user@host/name`).
            fingerprint: of the data set; decisions on other data are refused.
            exclusive: this is the one server of an SQLite file; a second one is refused.

        Raises AuditFolderError for a database in use, of other data, or of a newer version.
        """
        self.url = database_url(database)
        self._guard: sqlite3.Connection | None = None
        self._write = threading.Lock()
        if self.url.get_backend_name() == "sqlite" and exclusive:
            self._guard = _only_server(str(self.url.database))
        self.engine = _engine(self.url)
        try:
            with self._transaction() as connection:
                _migrate(connection, self.url)
                _claim(connection, fingerprint, self.url)
        except sa.exc.SQLAlchemyError as error:
            self.close()
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise AuditFolderError(f"The database {shown(self.url)} cannot be used: {reason}") from error
        except AleatorError:
            self.close()
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()
        if self._guard is not None:
            self._guard.close()

    def append(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Store all of them, or none, and return them as they are stored; on disk when this returns.

        One that is stored already is left as it is. Raises ConflictError if its uuid belongs to another decision.
        """
        if not decisions:
            return []
        insert = postgresql.insert if self.url.get_backend_name() == "postgresql" else sqlite.insert
        with self._transaction() as connection:
            connection.execute(
                insert(DECISIONS).on_conflict_do_nothing(index_elements=["uuid"]),
                [_row(decision) for decision in decisions],
            )
            wanted = DECISIONS.c.uuid.in_([decision.uuid for decision in decisions])
            stored = {row.uuid: _decision(row) for row in connection.execute(sa.select(DECISIONS).where(wanted))}
            for decision in decisions:
                if _essence(stored[decision.uuid]) != _essence(decision):
                    raise ConflictError(f"The uuid {decision.uuid} was used for another decision; make a new one.")
        return [stored[decision.uuid] for decision in decisions]

    def after(self, number: int) -> Iterator[tuple[int, Decision]]:
        """All rows with a higher number, in order."""
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=1000).execute(
                sa.select(DECISIONS).where(DECISIONS.c.number > number).order_by(DECISIONS.c.number)
            )
            for row in rows:
                yield row.number, _decision(row)

    def history(self, example: str) -> list[Decision]:
        """All rows of one example, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(DECISIONS).where(DECISIONS.c.example == example).order_by(DECISIONS.c.number)
            )
            return [_decision(row) for row in rows]

    def find(self, uuid: str) -> Decision | None:
        with self._reading() as connection:
            row = connection.execute(sa.select(DECISIONS).where(DECISIONS.c.uuid == uuid)).first()
            return None if row is None else _decision(row)

    def put_off(self, reviewer: str, example: str) -> None:
        """Remember that the reviewer skipped the example."""
        with self._transaction() as connection:
            connection.execute(sa.insert(SKIPS).values(reviewer=reviewer, example=example))

    def skips(self) -> list[tuple[str, str]]:
        """Reviewers and the examples they skipped, in order."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(SKIPS.c.reviewer, SKIPS.c.example).order_by(SKIPS.c.number))
            return [(row.reviewer, row.example) for row in rows]

    def setting(self, key: str, default: str) -> str:
        """A setting kept beside the decisions; `default` is what it is set to if it is not set."""
        with self._transaction() as connection:
            return _setting(connection, key, default)

    def set_setting(self, key: str, value: str) -> None:
        with self._transaction() as connection:
            if connection.execute(sa.update(META).where(META.c.key == key).values(value=value)).rowcount == 0:
                connection.execute(sa.insert(META).values(key=key, value=value))

    def secret(self) -> str:
        """What cookies are signed with: made once, so that people stay signed in over a restart."""
        return self.setting("secret", secrets.token_hex(32))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _damage_told(self.url), self.engine.connect() as connection:
            yield connection.execution_options(reads_only=True)

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        with _damage_told(self.url), self._write, self.engine.begin() as connection:
            if self.url.get_backend_name() == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_WRITER})
            yield connection


def database_url(database: str | Path) -> sa.URL:
    """The URL of a file or of a named server. Raises DataError for what is neither SQLite nor PostgreSQL."""
    text = str(database)
    if "://" not in text:
        return sa.URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError as error:
        raise DataError(f"{text!r} is no database URL; wanted is postgresql://user@host/name or a file.") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    raise DataError(f"{shown(url)}: decisions are kept in SQLite (a file) or PostgreSQL (postgresql://user@host/name).")


def shown(url: sa.URL) -> str:
    """The URL without its password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return sa.create_engine(url, pool_pre_ping=True, pool_size=10, isolation_level="READ COMMITTED")
        except ImportError as error:
            raise MissingExtraError("PostgreSQL needs its driver: pip install 'aleator[postgres]'.") from error
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a commit returns when it is on disk, also without power

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN" if connection.get_execution_options().get("reads_only") else "BEGIN IMMEDIATE"
        )

    return engine


def _only_server(database: str) -> sqlite3.Connection:
    """A lock that lasts as long as this process, however it ends: an open transaction on a database of its own."""
    try:
        guard = sqlite3.connect(f"{database}.server", timeout=0, isolation_level=None, check_same_thread=False)
        guard.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise AuditFolderError(
                f"Another review server has {database} open. Use its page, stop it first, or let a team share a "
                "PostgreSQL database (--database postgresql://...)."
            ) from error
        raise AuditFolderError(
            f"{database} cannot be written ({error}); name another place with --database."
        ) from error
    return guard


def _migrate(connection: sa.Connection, url: sa.URL) -> None:
    version = 0
    if sa.inspect(connection).has_table(META.name):
        version = int(_setting(connection, "schema_version", "0"))
    if version > len(MIGRATIONS):
        raise AuditFolderError(
            f"{shown(url)} was written by a newer Aleator (version {version} of the tables, this one knows "
            f"{len(MIGRATIONS)}); update Aleator."
        )
    for migrate in MIGRATIONS[version:]:
        migrate(connection)
    if version < len(MIGRATIONS):
        connection.execute(sa.delete(META).where(META.c.key == "schema_version"))
        connection.execute(sa.insert(META).values(key="schema_version", value=str(len(MIGRATIONS))))
    TABLES.create_all(connection)  # one that came later, which an earlier version of Aleator neither has nor minds


def _claim(connection: sa.Connection, fingerprint: str, url: sa.URL) -> None:
    if _setting(connection, "fingerprint", fingerprint) != fingerprint:
        raise AuditFolderError(f"{shown(url)} holds decisions on other data; name another database with --database.")


def _setting(connection: sa.Connection, key: str, default: str) -> str:
    value = connection.execute(sa.select(META.c.value).where(META.c.key == key)).scalar()
    if value is None:
        connection.execute(sa.insert(META).values(key=key, value=default))
        return default
    return str(value)


@contextmanager
def _damage_told(url: sa.URL) -> Iterator[None]:
    """A damaged file is an AuditFolderError, and a database that cannot be used just now an UnavailableError."""
    try:
        yield
    except (sa.exc.DBAPIError, UnicodeDecodeError, ValueError, TypeError) as error:
        reason = (str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__])[0]
        if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) and "decode" not in str(error):
            raise UnavailableError(
                f"The database {shown(url)} cannot be used just now ({reason}); what was sent is not stored, and can "
                "be sent again."
            ) from error
        passing = isinstance(error, sa.exc.DBAPIError) and type(error) is not sa.exc.DatabaseError
        if isinstance(error, AleatorError) or (passing and "decode" not in str(error)):
            raise
        raise AuditFolderError(
            f"The database {shown(url)} is damaged ({reason}); put a copy in its place (docs/reliability.md)."
        ) from error


_COLUMNS = [field.name for field in fields(Decision)]


def _row(decision: Decision) -> dict[str, Any]:
    values = dict(zip(_COLUMNS, astuple(decision), strict=True))
    return values | {"labels": json.dumps(decision.labels), "tags": json.dumps(decision.tags)}


def _decision(row: Any) -> Decision:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Decision(**values | {"labels": tuple(json.loads(row.labels)), "tags": tuple(json.loads(row.tags))})


def _essence(decision: Decision) -> Decision:
    """What has to be equal for a decision that is sent again; the server sets the time and what stood before."""
    return replace(decision, time="", before="", seconds=None)
