"""Every decision teaches the audit: the background judge, and what is believed until it is ready."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from aleator.auditing.judging import inputs_of, pass_judgement
from aleator.auditing.many_classes import judged_by_likeliest, with_decisions
from aleator.audits import AuditFolder
from aleator.decisions.decision import LABEL, UNUSABLE
from aleator.decisions.settle import settle
from aleator.review.board import Board
from aleator.review.memory import give_back
from aleator.rows import random_order
from aleator.verdicts import Estimates, Verdicts, review_order
from aleator.verdicts.estimates import ErrorsLeft, WrongLabels

LEVEL = 0.9
OTHER_SERVERS_SECONDS = 1.0
"""How often the log is asked for what other servers of a team wrote."""


@dataclass(frozen=True)
class Snapshot:
    """What is believed at one moment, in the audit's order."""

    verdicts: Verdicts
    estimates: Estimates
    review_order: NDArray[np.int64]
    """Rows that nobody has reviewed, the best to review next first."""
    expected_in_order: NDArray[np.float32]
    """Expected wrong labels among the first n of the review order, `(n - 1,)`."""
    version: int = 0
    """Grows with each new snapshot."""
    includes: int = -1
    """The version of the board that it knows; -1 before the judge has run."""


class Live:
    """What is believed now; follows the log in one background thread, and skips to the latest where it falls behind."""

    def __init__(self, board: Board, *, shared: bool = False) -> None:
        self.board = board
        self.now = first_snapshot(board)
        self.before = self.now.verdicts
        """What the audit said before the page's decisions."""
        self.failure: str | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._changed = board.on_change()
        self._changed.set()
        self._shared = shared
        self._thread = threading.Thread(target=self._follow, name="judge", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._changed.set()
        self._thread.join()

    def wait_for(self, board_version: int, seconds: float) -> bool:
        """Wait until what is believed includes the log up to this version of the board."""
        with self._news:
            return self._news.wait_for(lambda: self.now.includes >= board_version, seconds)

    def _follow(self) -> None:
        judge: Callable[[], Snapshot] | None = None
        while not self._stop.is_set():
            if not self._changed.wait(OTHER_SERVERS_SECONDS if self._shared else None):
                self._look_at_others()
                continue
            self._changed.clear()
            if self._stop.is_set():
                return
            version = self.board.version
            try:
                judge = judge or judge_of(self.board)
                snapshot = judge()
            except Exception as error:  # a judge that fails must not take the page down: people go on, and are told
                self.failure = f"{type(error).__name__}: {error}"
                raise
            with self._news:
                self.now = replace(snapshot, version=self.now.version + 1, includes=version)
                self._news.notify_all()
            give_back()

    def _look_at_others(self) -> None:
        """A team's database may be away for a moment; it is asked again in a second."""
        try:
            self.board.catch_up()
        except Exception as error:
            self.failure = f"{type(error).__name__}: the database does not answer"
        else:
            self.failure = None


def _snapshot(verdicts: Verdicts, estimates: Estimates, review_order: NDArray[np.int64]) -> Snapshot:
    suspicion = np.nan_to_num(verdicts.p_mislabelled[review_order])
    return Snapshot(verdicts, estimates, review_order, np.cumsum(suspicion).astype(np.float32))


def judge_of(board: Board) -> Callable[[], Snapshot]:
    """Judges with all decisions that stand when it is called; what does not change with them is prepared here."""
    audit = board.examples.audit
    if audit is None:
        return lambda: plain_snapshot(board)
    if audit.is_of_likeliest:
        judged = judged_by_likeliest(audit)

        def decide() -> Snapshot:
            heard = with_decisions(judged, board.reviews())
            return _snapshot(heard.verdicts, heard.estimates, _most_suspicious(heard.verdicts, board))

        return decide
    inputs = inputs_of(audit)

    def judge() -> Snapshot:
        reviews = board.reviews()
        judgement = pass_judgement(inputs, reviews)
        return _snapshot(judgement.verdicts, judgement.estimates, review_order(judgement.posterior, reviews))

    return judge


def first_snapshot(board: Board) -> Snapshot:
    """What is believed before the judge has run: the audit as it was left, without the decisions' lesson."""
    audit = board.examples.audit
    return plain_snapshot(board) if audit is None else audited_snapshot(audit, board)


def audited_snapshot(audit: AuditFolder, board: Board) -> Snapshot:
    verdicts = Verdicts(
        label_distribution=audit.column("label_distribution"),
        p_mislabelled=audit.column("p_mislabelled").astype(np.float64),
        suggested_label=audit.column("suggested_label"),
        verdict=audit.column("verdict"),
    )
    order = _most_suspicious(verdicts, board)
    left = float(np.nansum(verdicts.p_mislabelled[order]))
    estimates = audit.info.estimates
    wrong = estimates.mislabelled
    scale = left / max(wrong.count, 1e-12)
    errors_left = ErrorsLeft(left, wrong.low * scale, min(wrong.high * scale, len(order)), len(order))
    return _snapshot(verdicts, replace(estimates, errors_left=errors_left, sources=()), order)


def _most_suspicious(verdicts: Verdicts, board: Board) -> NDArray[np.int64]:
    """Rows with a label that nobody has reviewed, the most suspicious first."""
    open_rows = np.flatnonzero((board.answers_of == 0) & (board.examples.given >= 0))
    return open_rows[np.argsort(-verdicts.p_mislabelled[open_rows], kind="stable")]


def plain_snapshot(board: Board) -> Snapshot:
    """Without an audit: examples come in a random order, so that those reviewed stand for the rest."""
    count, classes = len(board.examples), len(board.examples.class_names)
    given = board.examples.given.astype(np.int64)
    settled = settle(board.reviews())
    distribution = np.full((count, classes), 1 / classes, dtype=np.float32)
    p_mislabelled = np.full(count, np.nan)
    suggested, verdict = given.copy(), np.full(count, "", dtype="<U10")
    usable = settled.kind != UNUSABLE
    rows, share, one_label = settled.row[usable], settled.share[usable], settled.kind[usable] == LABEL
    labelled = given[rows] >= 0
    fits = labelled & (share[np.arange(len(rows)), np.maximum(given[rows], 0)] > 0)
    distribution[rows], suggested[rows] = share, share.argmax(axis=1)
    p_mislabelled[rows] = np.where(labelled, ~fits, np.nan)
    verdict[rows] = np.select([fits & one_label, one_label], ["ok", "mistake"], "ambiguous")
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, given[rows][labelled], share[labelled])
    order = random_order(count)
    order = order[board.answers_of[order] == 0]
    wrong, seen = int((~fits).sum()), len(rows)
    low, high = share_interval(wrong, seen)
    rate = wrong / seen if seen else (low + high) / 2
    left = [one * len(order) for one in (rate, low, high)]
    everything = [wrong + one for one in left]
    estimates = Estimates(
        level=LEVEL,
        mislabelled=WrongLabels(*everything, *(one / max(count, 1) for one in everything)),
        errors_left=ErrorsLeft(left[0], left[1], left[2], len(order)),
        reviewed=len(settled),
        verdicts={name: int((verdict == name).sum()) for name in ("ok", "mistake", "ambiguous")},
        confusion=confusion.tolist(),
    )
    return _snapshot(Verdicts(distribution, p_mislabelled, suggested, verdict), estimates, order)


def share_interval(hits: int, total: int, level: float = LEVEL) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share (Biometrika 26, 1934): exact, so never too short."""
    half = (1 - level) / 2
    low = float(beta.ppf(half, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - half, hits + 1, total - hits)) if hits < total else 1.0
    return low, high
