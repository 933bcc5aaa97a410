"""The report's plots as inline SVG: they need no script, print sharply and follow the page's colours."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from aleator.verdicts.estimates import ClassPair
from aleator.verdicts.names import VERDICTS

MAP_WIDTH, MAP_HEIGHT, MAP_LEFT, MAP_BOTTOM = 720, 440, 52, 46
MAP_CELLS = (60, 40)
MOST_CLASSES = 20
SHADES = 50
"""Steps of a cell's shade, a class of the style each."""
POINTS = {
    "ok": "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z",
    "mistake": "M0-5.5 5.5 0 0 5.5-5.5 0Z",
    "ambiguous": "M-4-4H4V4H-4Z",
    "unfamiliar": "M0-5 5 4H-5Z",
    "conflict": "M0 5-5-4H5Z",
}
"""The shape of each verdict's points, for those who do not tell the colours apart; the legend's is in plots.css."""
PAGE_FILES = tuple(
    Path(__file__).parent / "templates" / name
    for name in ("colours.css", "plots.css", "plots.js", "marks.js", "copy.js")
)
"""What a page with a plot, or with texts, needs."""


def confusion_table(
    confusion: NDArray[np.float64],
    class_names: Sequence[str],
    row_title: str,
    column_title: str,
    *,
    decimals: int = 0,
    link: str = "",
) -> Markup:
    """Counts `(row, column)` as a table whose cells are shaded by their share of the row, diagonal muted.

    Args:
        confusion: expected numbers of examples, `(class, class)`.
        class_names: a name for each class.
        row_title: what the rows are.
        column_title: what the columns are.
        decimals: how exactly the counts are said.
        link: a page that shows the examples of a cell off the diagonal, by `given` and `suggested` in its query.
    """
    shown = _most_affected(confusion)
    head = "".join(f'<th scope="col">{escape(class_names[label])}</th>' for label in shown)
    body = []
    for given in shown:
        total = max(float(confusion[given].sum()), 1e-12)
        cells = []
        for true in shown:
            count, share = float(confusion[given, true]), float(confusion[given, true]) / total
            kind = "right" if given == true else "wrong"
            text = _count(count, decimals)
            if link and given != true and count >= 0.5:
                text = f'<a href="{escape(link)}?given={given}&amp;suggested={true}">{text}</a>'
            cells.append(
                f'<td class="{kind} s{round(SHADES * share)}" '
                f'title="{escape(class_names[given])} → {escape(class_names[true])}: {share:.1%}">{text}</td>'
            )
        body.append(f'<tr><th scope="row">{escape(class_names[given])}</th>{"".join(cells)}</tr>')
    corner = f'<td class="corner">{escape(row_title)} ↓ &nbsp; {escape(column_title)} →</td>'
    title = f"{escape(row_title)} against {escape(column_title)}"
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="confusion"><thead><tr>{corner}{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def pairs_table(pairs: Sequence[ClassPair], class_names: Sequence[str], *, link: str = "") -> Markup:
    """The pairs of classes between which most labels are wrong, where there are too many classes for a matrix."""
    body = []
    for pair in pairs:
        count = _count(pair.count, 0)
        if link and pair.count >= 0.5:
            count = f'<a href="{escape(link)}?given={pair.given}&amp;suggested={pair.true}">{count}</a>'
        body.append(
            f'<tr><th scope="row">{escape(class_names[pair.given])}</th><td>{escape(class_names[pair.true])}</td>'
            f'<td class="wrong s{round(SHADES * min(pair.share, 1))}">{count}</td><td>{pair.share:.1%}</td></tr>'
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("given", "more likely", "about", "of the label"))
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="pairs of classes">'
        f'<table class="confusion pairs"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


def _most_affected(confusion: NDArray[np.float64]) -> list[int]:
    """All classes, or the twenty with the most labels that belong elsewhere."""
    if len(confusion) <= MOST_CLASSES:
        return list(range(len(confusion)))
    wrong = confusion.sum(axis=1) - np.diag(confusion)
    return sorted(np.argsort(-wrong)[:MOST_CLASSES].tolist())


def _count(count: float, decimals: int) -> str:
    return "·" if count < 0.5 * 10**-decimals else f"{count:,.{decimals if count % 1 else 0}f}"


def map_sample(verdict: NDArray[np.str_], p_mislabelled: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Rows whose points can be opened: an equal number of each verdict as far as there are, evenly spread."""
    chosen: list[NDArray[np.int64]] = []
    present = [name for name in VERDICTS if (verdict == name).any()]
    for name in present:
        members = np.flatnonzero(verdict == name)
        order = members[np.argsort(p_mislabelled[members], kind="stable")]
        chosen.append(order[np.unique(np.linspace(0, len(order) - 1, most // len(present)).astype(int))])
    return np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64)


def point_title(name: str, suggested: str, given: str | None) -> str:
    """What a point of the map says of its example; None does not tell the given label."""
    said = f"more likely {suggested}"
    return f"{name}: {said}" if given is None else f"{name}: labelled {given}, {said}"


def example_map(
    aleatoric: NDArray[np.float64],
    p_mislabelled: NDArray[np.float64],
    verdict: NDArray[np.str_],
    points: Sequence[int],
    titles: Sequence[str],
) -> Markup:
    """All examples as a density, aleatoric uncertainty against probability of being mislabelled, with a sample
    of points that can be opened.

    Args:
        aleatoric: in nats, `(example,)`.
        p_mislabelled: `(example,)`, NaN without a given label.
        verdict: `(example,)`.
        points: the rows of the sample.
        titles: what is said of each of them.
    """
    known = np.isfinite(p_mislabelled)
    right = max(float(aleatoric[known].max(initial=0.1)) * 1.02, 0.1)
    width, height = MAP_WIDTH - MAP_LEFT - 12, MAP_HEIGHT - MAP_BOTTOM - 12

    def x(value: float) -> float:
        return MAP_LEFT + value / right * width

    def y(value: float) -> float:
        return 12 + (1 - value) * height

    density, _, _ = np.histogram2d(aleatoric[known], p_mislabelled[known], bins=MAP_CELLS, range=[[0, right], [0, 1]])
    strongest = math.log1p(max(float(density.max()), 1.0))
    step_x, step_y = width / MAP_CELLS[0], height / MAP_CELLS[1]
    cells = [
        f'<rect x="{MAP_LEFT + i * step_x:.1f}" y="{12 + height - (j + 1) * step_y:.1f}" width="{step_x + 0.3:.1f}" '
        f'height="{step_y + 0.3:.1f}" opacity="{0.08 + 0.72 * math.log1p(density[i, j]) / strongest:.2f}"/>'
        for i, j in np.argwhere(density > 0)
    ]
    ticks = [
        f'<text x="{x(value):.0f}" y="{MAP_HEIGHT - 24}" text-anchor="middle">{value:g}</text>'
        for value in np.arange(0, right, 0.5 if right > 1 else 0.1).round(1)
    ] + [
        f'<text x="{MAP_LEFT - 8}" y="{y(value) + 4:.0f}" text-anchor="end">{value:.0%}</text>'
        f'<line x1="{MAP_LEFT}" x2="{MAP_WIDTH - 12}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        for value in (0, 0.25, 0.5, 0.75, 1)
    ]
    dots = [
        f'<path class="dot v-{escape(verdict[row])}" role="img" aria-label="{escape(title)}" data-point="{number}" '
        f'd="{POINTS[str(verdict[row])]}" transform="translate({x(float(aleatoric[row])):.1f} '
        f'{y(float(p_mislabelled[row])):.1f})"><title>{escape(title)}</title></path>'
        for number, (row, title) in enumerate(zip(points, titles, strict=True))
    ]
    return Markup(
        f'<svg class="map" viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" role="group" '
        'aria-label="Map of all examples: aleatoric uncertainty to the right, probability of a wrong label upwards">'
        f'<g class="grid">{"".join(ticks)}</g><g class="density">{"".join(cells)}</g><g>{"".join(dots)}</g>'
        f'<text class="axis" x="{MAP_LEFT + width / 2:.0f}" y="{MAP_HEIGHT - 4}" text-anchor="middle">'
        "aleatoric uncertainty (nats): how much careful people would differ →</text>"
        f'<text class="axis" transform="translate(12 {12 + height / 2:.0f}) rotate(-90)" text-anchor="middle">'
        "probability that the label is wrong →</text></svg>"
    )


def precision_curve(points: Sequence[tuple[int, float]], base_rate: float) -> Markup:
    """Share of truly wrong labels among the most suspicious k, k on a logarithmic axis."""
    if len(points) < 2:
        return Markup("")
    width, height, left, bottom = 520, 240, 48, 40
    low, high = math.log10(points[0][0]), math.log10(points[-1][0])

    def place(count: int, precision: float) -> tuple[float, float]:
        across = (math.log10(count) - low) / max(high - low, 1e-9)
        return left + across * (width - left - 24), 24 + (1 - precision) * (height - bottom - 24)

    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/><text x="{x:.1f}" y="{y - 9:.1f}" text-anchor="middle">'
        f'{precision:.0%}</text><text x="{x:.1f}" y="{height - 22}" text-anchor="middle">{count:,}</text>'
        for (count, precision), (x, y) in ((point, place(*point)) for point in points)
    )
    base = place(points[0][0], base_rate)[1]
    return Markup(
        f'<svg class="curve" viewBox="0 0 {width} {height}" role="img" aria-label="Share of wrong labels among the '
        f'most suspicious"><line class="base" x1="{left}" x2="{width - 24}" y1="{base:.1f}" y2="{base:.1f}"/>'
        f'<text x="{left}" y="{base - 5:.1f}">looking at random: {base_rate:.0%}</text>'
        f'<polyline points="{path}"/>{marks}<text class="axis" x="{width / 2}" y="{height - 4}" '
        'text-anchor="middle">most suspicious examples looked at</text></svg>'
    )
