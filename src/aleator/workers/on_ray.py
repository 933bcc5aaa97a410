"""Pieces of work on the nodes of a Ray cluster.

Arguments and results travel through Ray's object store, and this process writes what is kept: nodes need not see its
files. A piece whose worker or node is lost is done again, by another.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from aleator.cores import available_cores
from aleator.errors import AleatorError, MissingExtraError
from aleator.workers.piece import GOES_ON, Arrays, Piece
from aleator.workers.versions import installed

ANSWER_SECONDS = 30.0
"""How long a cluster may take to answer."""
NO_SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + NO_SETTINGS
"""What both sides begin with in HTTP/2; a server's settings may be longer than none."""
CHECK_SECONDS, LOST_SECONDS = 5.0, 60.0
"""How often it is looked whether there still is a node for the pieces, and how long one may take to come back."""
RETRIES = 5
"""So often a piece is done again whose worker was lost: what kills it may be the piece itself."""
AHEAD = 2
"""Pieces for each processor that are sent before others are done."""


class OnRay:
    """A cluster, from its first piece to the end of the block: where nothing is large enough to be divided, Ray is not
    even loaded."""

    apart = True

    def __init__(self, address: str | None = None) -> None:
        """`address` as in `Where`."""
        if find_spec("ray") is None:
            raise MissingExtraError("--on ray needs Ray, which is not installed; run: pip install 'aleator[ray]'")
        self.address = address or os.environ.get("RAY_ADDRESS") or None
        self.connected_here = False
        self.sent: dict[int, tuple[Any, Any]] = {}

    @cached_property
    def ray(self) -> Any:
        return import_module("ray")

    def __enter__(self) -> "OnRay":
        if self.address is not None and not ("ray" in sys.modules and self.ray.is_initialized()):
            host, _, port = self.address.removeprefix("ray://").rpartition(":")
            if port.isdigit():
                greet(self.address, host.strip("[]"), int(port))
            else:  # only Ray knows what it stands for
                self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.sent.clear()
        if self.connected_here:
            self.ray.shutdown()

    def results(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Arrays]]:
        """As `Workers.results`. Raises AleatorError where a piece fails, a node has another version of the package, or
        nobody is left to do the pieces."""
        if not self.ray.is_initialized():
            self._connect()
        task = self.ray.remote(_task())
        waiting, running = iter(pieces), dict[Any, Piece]()
        heard = time.monotonic()
        try:
            while True:
                while len(running) < self._places() and (piece := next(waiting, None)) is not None:
                    running[self._send(task, piece)] = piece
                if not running:
                    return
                done, _ = self.ray.wait(list(running), timeout=CHECK_SECONDS)
                if any(map(self._fits, running.values())):
                    heard = time.monotonic()
                elif time.monotonic() - heard > LOST_SECONDS:
                    raise AleatorError(f"No node of the Ray cluster is left for what is to be done. {GOES_ON}")
                for one in done:
                    piece = running.pop(one)
                    yield piece, self._received(one, piece)
        finally:
            for one in running:
                self.ray.cancel(one, force=True)

    def _connect(self) -> None:
        from ray.exceptions import RayError

        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        if self.address is None:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            self.ray.init("local", num_cpus=available_cores(), include_dashboard=False, **quiet)
        else:
            try:
                self.ray.init(self.address, **quiet)
            except (ConnectionError, RayError, RuntimeError, ValueError) as error:
                raise AleatorError(f"The Ray cluster at {self.address} cannot be used: {_first(error)}") from error
        self.connected_here = True

    def _nodes(self) -> list[dict[str, float]]:
        """What each node that is alive has."""
        return [one["Resources"] for one in self.ray.nodes() if one["Alive"]]

    def _places(self) -> int:
        """Pieces that are sent at a time."""
        return max(1, AHEAD * int(sum(one.get("CPU", 0) for one in self._nodes())))

    def _fits(self, piece: Piece) -> bool:
        """Whether there is a node for it."""
        return any(one.get("CPU", 0) >= 1 and one.get("GPU", 0) >= piece.gpus for one in self._nodes())

    def _send(self, task: Any, piece: Piece) -> Any:
        if id(piece.shared) not in self.sent:
            self.sent = {id(piece.shared): (piece.shared, self.ray.put(piece.shared))}
        _, shared = self.sent[id(piece.shared)]
        most = max((one.get("CPU", 1) for one in self._nodes()), default=1)
        options = task.options(
            name=piece.name,
            num_cpus=max(1, min(piece.threads, int(most))),
            num_gpus=piece.gpus,
            max_retries=RETRIES,
        )
        # In a list what is sent is not unpacked before the versions are compared.
        sent = [shared, self.ray.put(piece.arguments)]
        return options.remote(installed(), piece.function_name, sent, piece.threads)

    def _received(self, reference: Any, piece: Piece) -> Arrays:
        from ray.exceptions import RayError, RayTaskError

        try:
            node, there, arrays = self.ray.get(reference)
        except RayTaskError as error:
            cause = getattr(error, "cause", error)
            if isinstance(cause, AleatorError):
                raise cause from error
            raise AleatorError(f"{piece.name} failed on a Ray worker: {_last(error)}. {GOES_ON}") from error
        except RayError as error:
            raise AleatorError(
                f"{piece.name} was lost {RETRIES + 1} times with its Ray worker ({_first(error)}), most likely because "
                f"the memory of a node ran out. {GOES_ON}"
            ) from error
        if there != installed():
            differ = [
                f"{name} {mine} here, {there.get(name, 'missing')} there"
                for name, mine in installed().items()
                if there.get(name) != mine
            ]
            raise AleatorError(
                f"The Ray node {node} has other versions ({'; '.join(differ)}), and results would differ: install the "
                f"same on all nodes. {GOES_ON}"
            )
        return dict(arrays)


def greet(address: str, host: str, port: int) -> None:
    """Raise AleatorError where nobody answers in time who speaks as Ray's clusters do (HTTP/2, RFC 9113).

    Ray itself tries again for minutes, which nothing can interrupt.
    """
    try:
        with socket.create_connection((host, port), ANSWER_SECONDS) as there:
            if os.environ.get("RAY_USE_TLS") in ("1", "true"):  # Ray's own variable; then its certificates come first
                return
            there.sendall(GREETING)
            answer = there.makefile("rb").read(len(NO_SETTINGS))
    except TimeoutError as error:
        raise _silent(address, f"nothing was heard for {ANSWER_SECONDS:.0f} seconds") from error
    except OSError as error:
        raise _silent(address, _first(error)) from error
    if answer[3:5] != NO_SETTINGS[3:5]:
        raise _silent(address, "something else does")


def _silent(address: str, reason: str) -> AleatorError:
    return AleatorError(
        f"No Ray cluster answers at {address} ({reason}); start one with `ray start --head`, or leave --ray-address "
        "out to have one on this machine."
    )


def _task() -> Callable[..., Any]:
    """What workers run. A function in a function is sent as it is: a node with another version of the package has to
    say so, and not to fail on what it lacks."""

    def work(wanted: dict[str, str], function: str, sent: list[Any], threads: int) -> tuple[str, dict[str, str], Any]:
        import ray

        node = str(ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
        try:
            from aleator.workers.versions import installed

            there = installed()
        except ImportError:
            try:
                import aleator

                there = {"aleator": str(aleator.__version__)}
            except ImportError:
                there = {}
        if there != wanted:
            return node, there, {}
        from aleator.workers.apart import compute

        shared, arguments = ray.get(sent)
        return node, there, compute(function, shared, arguments, threads)

    return work


def _first(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _last(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
