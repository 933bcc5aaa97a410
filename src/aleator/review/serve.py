"""`aleator review`: opens the data and the decisions, says where the page is, and serves it."""

import ipaddress
import secrets
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from aleator.audits import AuditFolder
from aleator.audits.folder import is_audit
from aleator.audits.next_steps import Step, after_review, before_audit
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.decisions.gather import database_beside
from aleator.errors import AleatorError, DataError, MissingExtraError
from aleator.review.examples import open_examples
from aleator.review.memory import give_back
from aleator.review.settings import ServerSettings

SHORTEST_TOKEN = 12


def serve(
    path: Path,
    settings: ServerSettings = ServerSettings(),
    *,
    data: Path | None = None,
    asked: ReadOptions = NOTHING_ASKED,
    imports: Iterable[Path] = (),
    tell: Callable[[str], object] = print,
) -> None:
    """Serve the review page until interrupted.

    Args:
        path: an audit folder, or data with labels.
        settings: where the page is, who may come in, and what they see.
        data: where the audited data are, if they moved.
        asked: how the data are read, where it is not as for the audit.
        imports: files of decisions made elsewhere, taken in first.
        tell: is given the lines that people should read.

    Raises AleatorError for what cannot be served.
    """
    try:
        import uvicorn

        from aleator.decisions.read import read_decisions
        from aleator.decisions.store import Store, shown
        from aleator.review.web.app import create_app
        from aleator.review.web.connections import Connection
    except ImportError as error:
        if isinstance(error, AleatorError):
            raise
        raise MissingExtraError("The review page needs its web server: pip install 'aleator[review]'.") from error
    prefix = check_prefix(settings.prefix)
    check_proxy(settings.proxy)
    token = check_token(settings.token, settings.host)
    examples = open_examples(path, data, asked)
    give_back()
    with ExitStack() as stack:
        store = stack.enter_context(
            Store(settings.database or database_beside(path), examples.fingerprint, exclusive=True)
        )
        for file in imports:
            decisions = read_decisions(file, examples.row_of, examples.class_names)
            store.append(decisions)
            tell(f"{len(decisions):,} decisions of {file} are in.")
        listening = stack.enter_context(listen(settings.host, settings.port))
        app, review = create_app(
            examples, store, token=token, prefix=prefix, blind=settings.blind, second_opinions=settings.second_opinions,
            next_steps=lambda: _next_steps(path, settings, data, asked),
        )  # fmt: skip
        address = _address(settings.host, listening.getsockname()[1])
        tell(f"{len(examples):,} examples of {examples.name}, {review.board.reviewed_count:,} reviewed.")
        tell(f"Decisions are kept in {shown(store.url)}.")
        tell(f"Review: {address}{prefix}/" + (f"?{urlencode({'token': token})}" if token else ""))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, http=Connection, timeout_keep_alive=75,
            timeout_graceful_shutdown=5, server_header=False, date_header=False, ws="none",
            forwarded_allow_ips=f"127.0.0.1,::1,{settings.proxy}" if settings.proxy else "127.0.0.1,::1",
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listening])


def _next_steps(path: Path, settings: ServerSettings, data: Path | None, asked: ReadOptions) -> tuple[Step, ...]:
    """As commands; how data are read that need options is for whoever named these to say again."""
    if is_audit(path):
        return after_review(path, data, settings.database)
    return before_audit(path) if asked == NOTHING_ASKED else ()


def review(
    audit: AuditFolder | str | Path,
    settings: ServerSettings = ServerSettings(),
    *,
    data: str | Path | None = None,
    asked: ReadOptions = NOTHING_ASKED,
) -> None:
    """Serve the review page of an audit, or of data with labels, until interrupted, as `aleator review` does.

    Args:
        audit: an audit, its folder, or data with labels.
        settings: where the page is, who may come in, and what they see.
        data: where the audited data are, if they moved.
        asked: how the data are read, where it is not as for the audit.

    Raises AleatorError for what cannot be served.
    """
    folder = audit.folder if isinstance(audit, AuditFolder) else Path(audit)
    try:
        serve(folder, settings, data=None if data is None else Path(data), asked=asked)
    except KeyboardInterrupt:  # how people end it
        print(f"Stopped. What was decided is kept; aleator.load_audit({str(folder)!r}) and `aleator judge` use it.")


def check_prefix(prefix: str) -> str:
    prefix = prefix.rstrip("/")
    plain = all(part and part.replace("-", "").replace("_", "").isalnum() for part in prefix.split("/")[1:])
    if prefix and (not prefix.startswith("/") or not plain or not prefix.isascii()):
        raise DataError(f"The prefix is a path like /review, not {prefix!r}.")
    return prefix


def check_proxy(proxy: str) -> None:
    """Raise DataError unless it is empty, or an address or a network."""
    try:
        ipaddress.ip_network(proxy or "127.0.0.1")
    except ValueError as error:
        raise DataError(f"The proxy is an address as 10.0.0.2, or a network as 10.0.0.0/24, not {proxy!r}.") from error


def check_token(token: str | None, host: str) -> str | None:
    """The token to demand: the one given, a new one where the host is not this machine only, else none."""
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable()):
        raise DataError(
            f"A token is at least {SHORTEST_TOKEN} printable ASCII characters; leave it out to have one made."
        )
    if token is None and not is_this_machine(host):
        return secrets.token_urlsafe(24)
    return token


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=256)
        # asyncio does this only for sockets that say they are TCP, which this one does not; without it each answer
        # waits for the browser's delayed acknowledgement of its head, 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        raise AleatorError(
            f"{host} port {port} cannot be used ({error}); choose another with --host or --port."
        ) from error


def _address(host: str, port: int) -> str:
    name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
