"""How the review page is served."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ServerSettings:
    """Where the page is, who may come in, and what they see."""

    host: str = "127.0.0.1"
    """The address to listen on. Any but this machine's own demands a token."""
    port: int = 8765
    """The port to listen on; 0 takes a free one."""
    database: str | None = None
    """A file for SQLite, or postgresql://user@host/name for a team. By default review.sqlite in the audit folder, or a
    file beside the data."""
    token: str | None = None
    """What people have to know to come in; made and printed if it is demanded and not given."""
    prefix: str = ""
    """The path under which a proxy shows the page, as /review."""
    proxy: str = ""
    """The address or network of a proxy on another machine, whose word is taken for who asks and whether by HTTPS; that
    of a proxy on this machine always is."""
    blind: bool = False
    """Hide given labels and others' answers from everybody."""
    second_opinions: float = 0.0
    """Share of the reviewed examples that a second person is asked about, 0 to 1."""
