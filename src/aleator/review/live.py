"""Every decision teaches the audit: the background judge, and what is believed until it is ready."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import beta

from aleator.auditing.folder import Audit
from aleator.auditing.rejudge import LiveJudge, Standing
from aleator.review.board import Board, settled_rows
from aleator.review.decisions import LABEL
from aleator.review.memory import give_back
from aleator.verdicts.reviews import Reviews

LEVEL = 0.9
OTHER_SERVERS_SECONDS = 1.0
"""How often the log is asked for what other servers of a team wrote."""


@dataclass(frozen=True)
class Belief:
    """What is believed at one moment."""

    standing: Standing
    version: int
    """Grows with each new belief."""
    includes: int
    """The version of the board that it knows; -1 before the judge has run."""
    expected_in_order: NDArray[np.float32]
    """Expected wrong labels among the first n of the review order, `(n - 1,)`."""


class Live:
    """What is believed now; follows the log in one background thread, and skips to the latest where it falls behind."""

    def __init__(self, board: Board, *, shared: bool = False) -> None:
        self.board = board
        self.belief = _belief(first_standing(board), 0, -1)
        self.failure: str | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._changed = board.on_change()
        self._changed.set()
        self._shared = shared
        self._thread = threading.Thread(target=self._follow, name="judge", daemon=True)
        self._thread.start()

    @property
    def standing(self) -> Standing:
        return self.belief.standing

    def close(self) -> None:
        self._stop.set()
        self._changed.set()
        self._thread.join()

    def wait_for(self, board_version: int, seconds: float) -> bool:
        """Wait until what is believed includes the log up to this version of the board."""
        with self._news:
            return self._news.wait_for(lambda: self.belief.includes >= board_version, seconds)

    def _follow(self) -> None:
        judge: Callable[[Reviews], Standing] | None = None
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
                standing = judge(self.board.reviews())
            except Exception as error:  # a judge that fails must not take the page down: people go on, and are told
                self.failure = f"{type(error).__name__}: {error}"
                raise
            with self._news:
                self.belief = _belief(standing, self.belief.version + 1, version)
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


def _belief(standing: Standing, version: int, includes: int) -> Belief:
    suspicion = standing.p_mislabelled[standing.review_order]
    return Belief(standing, version, includes, np.cumsum(np.nan_to_num(suspicion)).astype(np.float32))


def judge_of(board: Board) -> Callable[[Reviews], Standing]:
    if board.examples.audit is None:
        return lambda reviews: plain_standing(board)
    return LiveJudge(board.examples.audit).update


def first_standing(board: Board) -> Standing:
    """What is believed before the judge has run: the audit as it was left, without the decisions' lesson."""
    audit = board.examples.audit
    return plain_standing(board) if audit is None else audited_standing(audit, board)


def audited_standing(audit: Audit, board: Board) -> Standing:
    count, classes = len(board.examples), len(audit.class_names)
    p_mislabelled = audit.column("p_mislabelled").astype(np.float64)
    distribution = audit.labels["label_distribution"].combine_chunks().flatten().to_numpy().reshape(count, classes)
    verdict = texts(audit.labels["verdict"])
    unreviewed = np.flatnonzero((board.answers_of == 0) & (board.examples.given >= 0))
    order = unreviewed[np.argsort(-p_mislabelled[unreviewed], kind="stable")]
    left = float(np.nansum(p_mislabelled[unreviewed]))
    wrong = audit.info["estimates"]["mislabelled"]
    scale = left / max(wrong["count"], 1e-12)
    estimates: dict[str, Any] = {
        **audit.info["estimates"],
        "errors_left": {"count": left, "low": wrong["low"] * scale, "high": min(wrong["high"] * scale, len(order))},
        "sources": [],
    }
    return Standing(p_mislabelled, distribution, audit.column("suggested_label"), verdict, order, estimates)


def plain_standing(board: Board) -> Standing:
    """Without an audit: examples come in a random order, so that those reviewed stand for the rest."""
    examples = board.examples
    count, classes = len(examples), len(examples.class_names)
    given = examples.given.astype(np.int64)
    distribution = np.full((count, classes), 1 / classes)
    p_mislabelled = np.full(count, np.nan)
    suggested, verdict = given.copy(), np.full(count, "", dtype="<U10")
    wrong = 0
    settled = settled_rows(board)
    confusion = np.zeros((classes, classes))
    class_of = {name: label for label, name in enumerate(examples.class_names)}
    for row, (kind, labels) in settled.items():
        shares = np.zeros(classes)
        shares[[class_of[label] for label in labels]] = 1 / max(len(labels), 1)
        if not labels:
            continue
        distribution[row], suggested[row] = shares, class_of[labels[0]]
        fits = given[row] >= 0 and shares[given[row]] > 0
        p_mislabelled[row] = float(not fits) if given[row] >= 0 else np.nan
        verdict[row] = "ok" if fits and kind == LABEL else "mistake" if kind == LABEL else "ambiguous"
        wrong += not fits
        if given[row] >= 0:
            confusion[given[row]] += shares
    order = random_order(count)
    order = order[board.answers_of[order] == 0]
    seen = sum(1 for _, labels in settled.values() if labels)
    low, high = share_interval(wrong, seen)
    share = wrong / seen if seen else (low + high) / 2
    rest = len(order)

    def counted(labelled: int, known: int) -> dict[str, float]:
        return {"count": known + share * labelled, "low": known + low * labelled, "high": known + high * labelled}

    estimates: dict[str, Any] = {
        "level": LEVEL,
        "mislabelled": counted(rest, wrong) | {"share": (wrong + share * rest) / max(count, 1)},
        "errors_left": counted(rest, 0),
        "verdicts": {name: int((verdict == name).sum()) for name in ("ok", "mistake", "ambiguous")},
        "confusion": confusion.tolist(),
        "per_class": [],
        "sources": [],
    }
    return Standing(p_mislabelled, distribution, suggested, verdict, order, estimates)


def random_order(count: int) -> NDArray[np.int64]:
    """The same at every start."""
    return np.random.default_rng(0).permutation(count)


def share_interval(hits: int, total: int, level: float = LEVEL) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share (Biometrika 26, 1934): exact, so never too short."""
    half = (1 - level) / 2
    low = float(beta.ppf(half, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - half, hits + 1, total - hits)) if hits < total else 1.0
    return low, high


def texts(column: pa.ChunkedArray) -> NDArray[np.str_]:
    """A column of few different texts as an array, without an object per row; null is empty."""
    coded = column.combine_chunks().dictionary_encode()
    names = np.array([*coded.dictionary.to_pylist(), ""], dtype="<U10")
    codes: NDArray[np.int64] = coded.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False)
    return names[codes]
