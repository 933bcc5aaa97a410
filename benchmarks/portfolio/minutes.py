"""Errors removed per minute: a simulated reviewer at the page, beside other ways to go through the same data.

Every way has the same learner's out-of-sample probabilities, the same person (`benchmarks.reviewer.Person`) and the
same opinions, slips included. An error is removed when a wrong label becomes the right one, and one is added when a
right label becomes a wrong one. A minute is what the person's looks and answers take.

- `random, one by one`: every example in a random order.
- `margin, grid`: tiles by the learner's margin; each wrong label is put right by an answer of its own.
- `margin, grid accepted`: the same, and a screen is accepted at once as the learner predicts, or as it is labelled,
  whichever leaves fewer exceptions, each of which takes an answer.
- `queue, one by one`: the page's queue, judged again as one goes.
- `grid accepted`: the page's grid in the order "most errors a minute", one tile in ten drawn at random, accepted in the
  same way as suggested or as labelled, and judged again after each screen. What was drawn at random and answered
  neither as labelled nor as suggested is looked at a second time, by an answer of its own.

What is said to be left is measured three times, each time with other examples drawn at random and other slips.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.auditing.judging import Judgement
from aleator.auditing.sampled import drawing_order, drawn_and_reviewed
from aleator.decisions.reviews import Reviews, reviews_of_labels
from aleator.progress import Progress, silent
from aleator.review.queue import DRAWN, errors_per_second
from aleator.verdicts import review_order
from aleator.verdicts.probabilities import observe_probabilities
from benchmarks.portfolio.cases import Case, Labels, cases
from benchmarks.portfolio.learners import brought
from benchmarks.portfolio.options import PortfolioOptions
from benchmarks.portfolio.scores import Judged, judge_again
from benchmarks.reviewer import BATCH, Person

SCREEN = 40
"""Tiles that are accepted at once."""
HALF = 0.5
"""Of the errors: the pace is measured until so many are removed."""
TARGET = 0.02
"""Share of wrong labels that the stop sign waits for, as on the page."""
PERSON = Person()
SETTLED = 120
"""Reviewed examples from which on what is said to be left is scored: by then enough were drawn at random."""
SEEDS = 3
"""Ways to draw at random, and to slip, by which what is said to be left is measured."""
LONGEST = 30_000.0
"""Seconds after which a person gives up."""


@dataclass
class Session:
    """One person's way through a data set."""

    case: Case
    person: Person
    opinion: Labels
    label: Labels
    seed: int = 0
    """Of the slips."""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.reviewed = np.zeros(len(self.label), dtype=bool)
        self.said = np.full(len(self.label), -1)
        self.second_looks: set[int] = set()
        self.scored = self.case.truth != -1

    @property
    def errors(self) -> int:
        return int((self.label != self.case.truth)[self.scored].sum())

    @property
    def errors_unreviewed(self) -> int:
        return int((self.label != self.case.truth)[self.scored & ~self.reviewed].sum())

    def answer(self, rows: Labels) -> None:
        """One answer after the other. Without an opinion the label is kept."""
        self.seconds += self.person.single * len(rows)
        self._decide(rows)

    def look(self, rows: Labels) -> None:
        """A grid of given labels: an answer for each that seems wrong."""
        wrong = (self.opinion[rows] >= 0) & (self.opinion[rows] != self.label[rows])
        self.seconds += self.person.tile * len(rows) + self.person.single * int(wrong.sum())
        self._decide(rows)

    def accept(self, rows: Labels, suggested: Labels) -> None:
        """A screen, accepted by one key as suggested or as labelled, after an answer for each exception."""
        opinion = np.where(self.opinion[rows] >= 0, self.opinion[rows], self.label[rows])
        exceptions = min(int((opinion != suggested).sum()), int((opinion != self.label[rows]).sum()))
        self.seconds += self.person.tile * len(rows) + self.person.single * (1 + exceptions)
        self._decide(rows)

    def look_again(self, drawn: Labels, suggested: Labels) -> None:
        """A second answer to each of these that was answered once, and neither with the given label nor with the
        suggested one `(example,)`. Slips are new."""
        surprise = (self.said != self.case.given) & (self.said != suggested) & (self.said >= 0)
        again = [row for row in drawn[surprise[drawn]].tolist() if row not in self.second_looks]
        self.second_looks.update(again)
        rows, before = np.array(again, dtype=np.int64), self.opinion
        self.opinion = self.person.opinions(self.case.truth, self.case.classes, self.seed + 1)
        self.answer(rows)
        self.opinion = before

    def _decide(self, rows: Labels) -> None:
        opinion = self.opinion[rows]
        self.label[rows] = np.where(opinion >= 0, opinion, self.label[rows])
        self.said[rows] = self.label[rows]
        self.reviewed[rows] = True

    def reviews(self) -> Reviews:
        return reviews_of_labels(self.said, self.case.classes)


def run(options: PortfolioOptions, *, person: Person = PERSON, progress: Progress = silent) -> dict[str, Any]:
    """A row for each data set with wrong labels, by its first learner."""
    rows = []
    for number, case in enumerate(cases(options.data, quick=options.quick)):
        if not options.takes(case.name) or case.share_wrong == 0:
            continue
        progress(f"reviewing {case.name}", number, number + 1)
        one = next(iter(brought(case, {})))
        observations, _ = observe_probabilities(case.given, (one.pred_probs,), None)
        judged = Judged(f"{case.name}; {one.learner}", case, observations, one.features, one.pred_probs)
        rows.append(_row(judged, person))
    return {"rows": rows, "person": vars(person)}


def _row(judged: Judged, person: Person) -> dict[str, Any]:
    case = judged.case
    opinion = person.opinions(case.truth, case.classes)
    row: dict[str, Any] = {
        "name": judged.name, "examples": len(case.given), "errors": _session(case, person, opinion).errors,
        "removed_per_minute": {}, "reviewed": {},
    }  # fmt: skip
    for name, way in WAYS.items():
        session = _session(case, person, opinion)
        before = session.errors
        for _ in way(session, judged):
            if session.errors <= (1 - HALF) * before or session.seconds > LONGEST:
                break
        row["removed_per_minute"][name] = (before - session.errors) / (session.seconds / 60)
        row["reviewed"][name] = int(session.reviewed.sum())
    return row | {"left": [_left(_in_another_order(judged, seed), person, seed) for seed in range(SEEDS)]}


def _in_another_order(judged: Judged, seed: int) -> Judged:
    """The same data set with its rows shuffled, so that others are drawn at random; as it is for seed 0."""
    case, count = judged.case, len(judged.case.given)
    rows = np.random.default_rng(seed).permutation(count) if seed else np.arange(count)
    return replace(
        judged,
        case=replace(case, given=case.given[rows], truth=case.truth[rows]),
        observations=judged.observations.take(rows),
        features=judged.features[rows],
        probs=judged.probs[rows],
    )


def _session(case: Case, person: Person, opinion: Labels) -> Session:
    return Session(case, person, opinion, case.given.copy())


def _random(session: Session, judged: Judged) -> Iterator[None]:
    for rows in _screens(np.random.default_rng(0).permutation(len(session.label)), 1):
        session.answer(rows)
        yield


def _by_margin(judged: Judged) -> Labels:
    given, every = judged.case.given, np.arange(len(judged.case.given))
    others = judged.probs.copy()
    others[every, given] = -1
    return np.argsort(judged.probs[every, given] - others.max(axis=1), kind="stable")


def _margin_grid(session: Session, judged: Judged) -> Iterator[None]:
    for rows in _screens(_by_margin(judged), SCREEN):
        session.look(rows)
        yield


def _margin_accepted(session: Session, judged: Judged) -> Iterator[None]:
    predicted = judged.probs.argmax(axis=1)
    for rows in _screens(_by_margin(judged), SCREEN):
        session.accept(rows, predicted[rows])
        yield


def _queue(session: Session, judged: Judged) -> Iterator[None]:
    while not session.reviewed.all():
        reviews = session.reviews()
        judgement = judge_again(judged, reviews if len(reviews) else None)
        for rows in _screens(review_order(judgement.posterior, reviews)[:BATCH], 1):
            session.answer(rows)
        yield


def _accepted(session: Session, judged: Judged) -> Iterator[Judgement]:
    before = judge_again(judged).verdicts
    drawing = drawing_order(session.case.given)
    while not session.reviewed.all():
        reviews = session.reviews()
        judgement = judge_again(judged, reviews if len(reviews) else None)
        yield judgement
        drawn = drawing[~session.reviewed[drawing]][: SCREEN // DRAWN]
        rows = np.setdiff1d(np.flatnonzero(~session.reviewed), drawn)
        pace = errors_per_second((before, judgement.verdicts), session.case.given, rows)
        rows = np.concatenate([rows[np.argsort(-pace, kind="stable")][: SCREEN - len(drawn)], drawn])
        session.accept(rows, judgement.verdicts.suggested_label[rows])
        session.look_again(drawn_and_reviewed(drawing, session.reviewed), before.suggested_label)


WAYS = {
    "random, one by one": _random,
    "margin, grid": _margin_grid,
    "margin, grid accepted": _margin_accepted,
    "queue, one by one": _queue,
    "grid accepted": _accepted,
}


def _left(judged: Judged, person: Person, seed: int) -> dict[str, Any]:
    """What is said to be left and what truly is: after each screen of a settled review until the sign says
    that one can stop, when half of the wrong labels are found, and at the sign; None where it never came so far."""
    case = judged.case
    session = Session(case, person, person.opinions(case.truth, case.classes, 2 * seed), case.given.copy(), 2 * seed)
    errors, inside, off = session.errors, [], []
    half: dict[str, Any] | None = None
    for judgement in _accepted(session, judged):
        said, truly = judgement.estimates.errors_left, session.errors_unreviewed
        moment = {
            "reviewed": int(session.reviewed.sum()), "minutes": session.seconds / 60, "said": said.count,
            "low": said.low, "high": said.high, "truly": truly, "within_target": truly <= TARGET * len(session.label),
        }  # fmt: skip
        if moment["reviewed"] >= SETTLED:
            inside.append(said.low <= truly <= said.high)
            off.append(abs(said.count - truly) / errors)
        half = moment if half is None and truly <= HALF * errors else half
        if said.high <= TARGET * len(session.label):
            break
    else:
        moment = {}
    return {
        "half": half, "stop": moment or None, "inside": float(np.mean(inside)) if inside else None,
        "off": float(np.mean(off)) if off else None,
    }  # fmt: skip


def _screens(order: NDArray[np.integer], size: int) -> Iterator[Labels]:
    for start in range(0, len(order), size):
        yield order[start : start + size].astype(np.int64)


def format_table(result: dict[str, Any]) -> str:
    """A line for each data set: errors removed per minute by each way, then what is said to be left."""
    lines = [f"{'errors removed per minute':60}{'errors':>8}" + "".join(f"{name:>24}" for name in WAYS)]
    for row in result["rows"]:
        pace = "".join(f"{row['removed_per_minute'][name]:24.1f}" for name in WAYS)
        lines.append(f"{row['name'][:59]:60}{row['errors']:8,}{pace}")
    lines += [
        "",
        f"{'left: says (90 %), truly; by seeds':60}{'inside':>8}{'off, of all errors':>20}{'half found':>26}"
        f"{'reviewed':>10}{'minutes':>9}{'at the sign':>26}{'right':>7}",
    ]
    for row in result["rows"]:
        for left in row["left"]:
            inside = "–" if left["inside"] is None else f"{left['inside']:.0%}"
            off = "–" if left["off"] is None else f"{left['off']:.1%}"
            stop = left["stop"]
            when = f"{stop['reviewed']:10,}{stop['minutes']:9.1f}" if stop else f"{'never':>10}{'':9}"
            right = "" if stop is None else "yes" if is_right(stop) else "no"
            half = _told(left["half"])
            lines.append(f"{row['name'][:59]:60}{inside:>8}{off:>20}{half:>26}{when}{_told(stop):>26}{right:>7}")
    return "\n".join(lines)


def is_right(moment: dict[str, Any]) -> bool:
    """Whether what is said to be left is within a tenth of what is, or within one label."""
    said, truly = moment["said"], moment["truly"]
    return bool(abs(said - truly) <= 0.1 * truly or abs(round(said) - truly) <= 1)


def _told(moment: dict[str, Any] | None) -> str:
    if moment is None:
        return ""
    return f"{moment['said']:.0f} ({moment['low']:.0f} to {moment['high']:.0f}), {moment['truly']:,}"
