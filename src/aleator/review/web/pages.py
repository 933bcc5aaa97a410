"""The pages for people."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from aleator.data.decoding import UnreadableImage
from aleator.decisions.decision import UNDO, answer_text
from aleator.decisions.tables import write_table
from aleator.errors import DataError
from aleator.html import script_json
from aleator.report.plots import PAGE_FILES, confusion_table, example_map, map_sample, pairs_table, point_title
from aleator.review import people as reviewers
from aleator.review.cards import SIDES, card
from aleator.review.cards import picture as make_picture
from aleator.review.headway import headway, minutes
from aleator.review.queue import SORTS
from aleator.review.web.access import check_row, filter_of, form_of, is_blind, reviewer_of
from aleator.review.web.entrance import enter_by_token
from aleator.review.web.render import filter_query, page, script_setup
from aleator.verdicts.names import VERDICT_MEANING, VERDICTS

STATIC = Path(__file__).parent / "static"
STATIC_FILES = {path.name: path for path in (*STATIC.iterdir(), *PAGE_FILES)}
MOST_KINDS, MAP_POINTS = 12, 400
NEAR_CERTAIN = "0.9"
"""Least probability of a suggestion that passes by."""
A_DAY = "private, max-age=86400"


def overview(request: Request) -> Response:
    """Where the review stands: what is wrong, what is left, whether one can stop."""
    if request.query_params.get("token"):
        return enter_by_token(request)
    review, _ = reviewer_of(request)
    estimates = review.live.now.estimates
    confusion, names = np.array(estimates.confusion, dtype=float), review.examples.class_names
    return page(
        request,
        "overview.html",
        now=headway(review.board, review.live),
        minutes=minutes,
        remarks=estimates.remarks,
        steps=review.next_steps(),
        verdicts=[
            (verdict, estimates.verdicts.get(verdict, 0), meaning) for verdict, meaning in VERDICT_MEANING.items()
        ],
        confusion=confusion_table(confusion, names, "given", "probably", link=f"{review.prefix}/grid")
        if len(confusion)
        else pairs_table(estimates.pairs, names, link=f"{review.prefix}/grid"),
        per_class=estimates.per_class,
        sources=[
            (source.name, confusion_table(np.array(source.confusion), names, "true", source.name, decimals=1))
            for source in estimates.sources
        ],
    )


async def target(request: Request) -> Response:
    """Set the share of wrong labels that the team is content with."""
    review, _ = reviewer_of(request)
    text = (await form_of(request)).get("target", "").replace(",", ".").strip(" %")
    try:
        share = float(text) / 100
    except ValueError as error:
        raise DataError(f"The target is a number of per cent, not {text[:40]!r}.") from error
    await run_in_threadpool(review.board.set_target, share)
    return RedirectResponse(f"{review.prefix}/", 303)


def queue(request: Request) -> Response:
    """One example after the other."""
    return page(request, "queue.html", **_selection(request))


def grid(request: Request) -> Response:
    """Many examples of one kind at once."""
    return page(request, "grid.html", kinds=_kinds(request), **_selection(request))


def rapid(request: Request) -> Response:
    """Near-certain suggestions in a stream that one key stops."""
    review, session = reviewer_of(request)
    asked = {"sure": NEAR_CERTAIN, "sort": "quick"} | filter_query(request)
    return page(request, "rapid.html", blind=is_blind(review, session), **_selection(request, asked))


def looks(request: Request) -> Response:
    """All examples by what they look like, to draw around."""
    review, session = reviewer_of(request)
    setup = script_json({"names": review.examples.class_names, "verdicts": VERDICTS})
    return page(request, "looks.html", blind=is_blind(review, session), setup=setup)


def whole_map(request: Request) -> Response:
    """All examples by what is uncertain and what is suspected."""
    review, session = reviewer_of(request)
    audit, standing = review.examples.audit, review.live.now.verdicts
    if audit is None:
        return page(request, "map.html", map=None)
    names = review.examples.class_names
    aleatoric = audit.column("aleatoric").astype(np.float64)
    chosen = map_sample(standing.verdict, standing.p_mislabelled, MAP_POINTS).tolist()
    blind = is_blind(review, session)
    titles = [
        point_title(
            review.examples.id(row),
            names[int(standing.suggested_label[row])],
            None if blind else names[int(review.examples.given[row])],
        )
        for row in chosen
    ]
    drawn = example_map(aleatoric, standing.p_mislabelled, standing.verdict, chosen, titles)
    return page(
        request, "map.html", map=drawn, setup=script_json({"rows": chosen, "kind": review.examples.source.kind})
    )


def people(request: Request) -> Response:
    """The reviewers side by side, and where they disagree."""
    review, session = reviewer_of(request)
    blind = is_blind(review, session)
    found = [] if blind else reviewers.people(review.board)
    names = review.examples.class_names
    return page(
        request,
        "people.html",
        blind=blind,
        people=[(one, confusion_table(one.confusion, names, "given", "answered", decimals=1)) for one in found],
        disagreements=[
            {
                "row": one.row,
                "id": review.examples.id(one.row),
                "given": _name(names, int(review.examples.given[one.row])),
                "answers": [(name, answer_text(decision.kind, decision.labels)) for name, decision in one.answers],
            }
            for one in ([] if blind else reviewers.disagreements(review.board))
        ],
    )


def example(request: Request) -> Response:
    """One example with its history."""
    review, session = reviewer_of(request)
    row = check_row(review, request.path_params["row"])
    own = review.board.standing(row).get(session.reviewer)
    # Whoever has answered may see what he answered against.
    blind = is_blind(review, session) and own is None
    history = [] if blind else review.store.history(review.examples.id(row))
    return page(
        request,
        "example.html",
        card=card(review.board, review.live, row, session.reviewer, blind=blind),
        history=[
            {
                "time": one.time[:19].replace("T", " "),
                "reviewer": one.reviewer,
                "what": "taken back" if one.kind == UNDO else answer_text(one.kind, one.labels),
                "before": one.before,
                "seconds": one.seconds,
                "origin": one.origin,
                "undone": review.board.log.is_undone(one),
                "note": one.note,
                "tags": one.tags,
            }
            for one in reversed(history)
        ],
        blind=blind,
    )


def decisions(request: Request) -> Response:
    """All answers that stand, as CSV."""
    review, session = reviewer_of(request)
    with review.board.lock:
        standing = review.board.log.all_standing()
    if is_blind(review, session):
        standing = [one for one in standing if one.reviewer == session.reviewer]
    text = io.StringIO()
    write_table(text, standing)
    headers = {"content-disposition": 'attachment; filename="decisions.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def picture(request: Request) -> Response:
    """An example's picture. The address holds a row, never a path: no other file can be named. Browsers may keep it
    where the address names the data too."""
    review, _ = reviewer_of(request)
    key = request.path_params.get("key")
    if key not in (None, review.examples.key):
        raise HTTPException(404, "This picture is of other data; load the page again.")
    row, side = check_row(review, request.path_params["row"]), request.path_params["side"]
    if side not in SIDES:
        raise HTTPException(404, "There is no such size.")
    try:
        content, media_type = make_picture(review.examples, row, side)
    except UnreadableImage as error:
        # Why is in the server's own words, which may name files.
        raise HTTPException(404, "This picture cannot be read.") from error
    return Response(content, media_type=media_type, headers={} if key is None else {"cache-control": A_DAY})


def static(request: Request) -> Response:
    """Our own style and script: a fixed list of files."""
    file = STATIC_FILES.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(file, headers={"cache-control": "no-cache"})


def _selection(request: Request, asked: dict[str, str] | None = None) -> dict[str, Any]:
    """What the pages on which people decide have in common: what is wanted, and in what order."""
    review, session = reviewer_of(request)
    query = filter_query(request) if asked is None else asked
    return {
        "wanted": filter_of(request, query),
        "query": query,
        "sorts": SORTS,
        "tags": [] if is_blind(review, session) else review.board.tags(),
        "setup": script_setup(request, session, query),
    }


def _kinds(request: Request) -> list[dict[str, Any]]:
    """Pairs of given and suggested label with the most examples that nobody reviewed."""
    review, session = reviewer_of(request)
    now, given = review.live.now, review.examples.given
    if review.examples.audit is None or is_blind(review, session):
        return []
    names = review.examples.class_names
    order = now.review_order
    order = order[(review.board.answers_of[order] == 0) & (now.verdicts.suggested_label[order] != given[order])]
    pair = given[order].astype(np.int64) * len(names) + now.verdicts.suggested_label[order]
    counts = np.bincount(pair, minlength=1)
    largest = [one for one in np.argsort(-counts, kind="stable")[:MOST_KINDS].tolist() if counts[one]]
    return [{"given": one // len(names), "suggested": one % len(names), "count": int(counts[one])} for one in largest]


def _name(names: Sequence[str], label: int) -> str:
    return names[label] if label >= 0 else "no label"
