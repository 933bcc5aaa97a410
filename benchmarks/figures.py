"""Figures of the benches as SVG files of their own: no plotting library, sharp on paper, light and dark."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import escape
from numpy.typing import ArrayLike, NDArray

PANEL_WIDTH, PANEL_HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 18, 34, 46
COLOURS = 8
STYLE = """
:root{--ink:#1f2430;--soft:#6b7280;--line:#d9dce3;--paper:#fff;
--c0:#3366cc;--c1:#d1495b;--c2:#2a9d6f;--c3:#b7791f;--c4:#7b4fb5;--c5:#0f8b9d;--c6:#8a8f98;--c7:#c2185b}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8ee;--soft:#9aa1ad;--line:#3a3f4b;--paper:#16181d;
--c0:#7aa2f7;--c1:#f7768e;--c2:#73d9a9;--c3:#e0af68;--c4:#bb9af7;--c5:#5fd1e0;--c6:#9aa1ad;--c7:#ff7ab2}}
text{font:12px system-ui,sans-serif;fill:var(--soft)}.title{fill:var(--ink);font-weight:600}
.grid{stroke:var(--line);stroke-width:1}.line{fill:none;stroke-width:2}
"""


@dataclass(frozen=True)
class Series:
    """A line, or points, in the colour of its number."""

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: int = 0
    kind: str = "line"
    """`line`, `dashed`, `points`, or `band` (`y` is then `(2, point)`: low and high)."""


@dataclass(frozen=True)
class Axis:
    label: str
    low: float
    high: float
    log: bool = False

    def place(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 to 1 along the axis."""
        if self.log:
            value = np.log(np.maximum(value, self.low * 1e-3))
            return (value - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1)]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        step *= next(k for k in (1, 2, 5, 10) if (self.high - self.low) / (step * k) <= 6)
        return [round(k * step, 10) for k in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


@dataclass(frozen=True)
class Panel:
    title: str
    x: Axis
    y: Axis
    series: Sequence[Series]
    heat: NDArray[np.float64] | None = None
    """`(row, column)` 0 to 1, behind the lines, the first row at the bottom."""


@dataclass(frozen=True)
class Measure:
    """A column of bars, one for each name."""

    title: str
    values: Sequence[float]
    low: float
    high: float
    higher_is_better: bool = True
    mark: float | None = None
    """Where a dashed line stands, such as what a constant reaches."""


NAMES_WIDTH, BAR_WIDTH, BAR_HEIGHT = 236, 190, 20


def ranking(names: Sequence[str], measures: Sequence[Measure]) -> str:
    """The text of an SVG file: names in rows, the best by the first measure on top, a column of bars for each."""
    order = np.argsort([-value if measures[0].higher_is_better else value for value in measures[0].values])
    width, height = NAMES_WIDTH + len(measures) * BAR_WIDTH, TOP + 8 + len(names) * BAR_HEIGHT + 8
    rows = [
        f'<text class="title" x="{NAMES_WIDTH - 10}" y="{TOP + 8 + (place + 0.7) * BAR_HEIGHT:.1f}" '
        f'text-anchor="end">{escape(names[row])}</text>'
        for place, row in enumerate(order)
    ]
    columns = "".join(_bars(measure, order, number) for number, measure in enumerate(measures))
    return _svg(width, height, "".join(rows) + columns)


def _bars(measure: Measure, order: NDArray[np.intp], number: int) -> str:
    left, room = NAMES_WIDTH + number * BAR_WIDTH, BAR_WIDTH - 56
    best = max(measure.values) if measure.higher_is_better else min(measure.values)

    def length(value: float) -> float:
        return room * min(1.0, max(0.0, (value - measure.low) / (measure.high - measure.low)))

    parts = [f'<text class="title" x="{left}" y="20">{escape(measure.title)}</text>']
    for place, row in enumerate(order):
        value, y, thick = measure.values[row], TOP + 8 + place * BAR_HEIGHT, BAR_HEIGHT - 6
        colour = "var(--c0)" if value == best else "var(--c6)"
        parts.append(
            f'<rect x="{left}" y="{y + 3}" width="{length(value):.1f}" height="{thick}" rx="2" fill="{colour}"/>'
            f'<text x="{left + length(value) + 5:.1f}" y="{y + 0.7 * BAR_HEIGHT:.1f}">{value:.2f}</text>'
        )
    if measure.mark is not None:
        x = left + length(measure.mark)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{TOP + 12 + len(order) * BAR_HEIGHT}" '
            'stroke="var(--ink)" stroke-dasharray="4 3"/>'
        )
    return "".join(parts)


def figure(panels: Sequence[Panel], *, columns: int = 2) -> str:
    """The text of an SVG file with the panels in rows."""
    columns = min(columns, len(panels))
    width, height = columns * PANEL_WIDTH, math.ceil(len(panels) / columns) * PANEL_HEIGHT
    body = "".join(
        f'<g transform="translate({number % columns * PANEL_WIDTH} {number // columns * PANEL_HEIGHT})">'
        f"{_panel(panel, number)}</g>"
        for number, panel in enumerate(panels)
    )
    return _svg(width, height, body)


def _svg(width: int, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img"><style>{STYLE}</style><rect width="{width}" height="{height}" fill="var(--paper)"/>{body}</svg>\n'
    )


def _panel(panel: Panel, number: int) -> str:
    inner_width, inner_height = PANEL_WIDTH - LEFT - RIGHT, PANEL_HEIGHT - TOP - BOTTOM

    def across(values: ArrayLike) -> NDArray[np.float64]:
        return LEFT + panel.x.place(np.asarray(values, dtype=np.float64)) * inner_width

    def up(values: ArrayLike) -> NDArray[np.float64]:
        return TOP + (1 - panel.y.place(np.asarray(values, dtype=np.float64))) * inner_height

    parts = [f'<text class="title" x="{LEFT}" y="18">{escape(panel.title)}</text>']
    if panel.heat is not None:
        parts.append(_heat(panel.heat, inner_width, inner_height))
    for tick in panel.x.ticks():
        x = float(across([tick])[0])
        parts.append(f'<text x="{x:.1f}" y="{PANEL_HEIGHT - BOTTOM + 16}" text-anchor="middle">{_number(tick)}</text>')
    for tick in panel.y.ticks():
        y = float(up([tick])[0])
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{PANEL_WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    parts.append(
        f'<clipPath id="frame{number}"><rect x="{LEFT}" y="{TOP - 4}" width="{inner_width}" '
        f'height="{inner_height + 8}"/></clipPath><g clip-path="url(#frame{number})">'
        + "".join(_series(series, across, up) for series in panel.series)
        + "</g>"
    )
    named = [series for series in panel.series if series.name]
    for place, series in enumerate(named):
        y = TOP + 10 + 15 * place
        x = PANEL_WIDTH - RIGHT - 6
        parts.append(
            f'<text x="{x}" y="{y}" text-anchor="end" style="fill:var(--c{series.colour})">{escape(series.name)}</text>'
        )
    parts.append(
        f'<text x="{LEFT + inner_width / 2:.0f}" y="{PANEL_HEIGHT - 10}" text-anchor="middle">{escape(panel.x.label)}'
        f'</text><text transform="translate(14 {TOP + inner_height / 2:.0f}) rotate(-90)" text-anchor="middle">'
        f"{escape(panel.y.label)}</text>"
    )
    return "".join(parts)


Place = Callable[[ArrayLike], NDArray[np.float64]]


def _series(series: Series, across: Place, up: Place) -> str:
    colour = f"var(--c{series.colour % COLOURS})"
    x = across(series.x)
    if series.kind == "band":
        low, high = (up(side) for side in np.asarray(series.y))
        outline = [*zip(x, low, strict=True), *zip(x[::-1], high[::-1], strict=True)]
        return f'<polygon points="{_points(outline)}" fill="{colour}" opacity=".22"/>'
    points = list(zip(x, up(series.y), strict=True))
    if series.kind == "points":
        return "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{colour}" opacity=".75"/>' for a, b in points)
    dash = ' stroke-dasharray="5 4"' if series.kind == "dashed" else ""
    return f'<polyline class="line" points="{_points(points)}" stroke="{colour}"{dash}/>'


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _heat(values: NDArray[np.float64], width: float, height: float) -> str:
    rows, columns = values.shape
    cell_width, cell_height = width / columns, height / rows
    return "".join(
        f'<rect x="{LEFT + column * cell_width:.1f}" y="{TOP + height - (row + 1) * cell_height:.1f}" '
        f'width="{cell_width + 0.4:.1f}" height="{cell_height + 0.4:.1f}" fill="var(--c3)" '
        f'opacity="{min(1.0, max(0.0, values[row, column])):.2f}"/>'
        for row, column in np.ndindex(rows, columns)
        if values[row, column] >= 0.01
    )


def _number(value: float) -> str:
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"1e{round(math.log10(abs(value)))}" if value > 0 else f"{value:g}"
    return f"{value:g}"
