"""What the command line says at the end: a summary, and what to do next."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aleator.audits.folder import LABELS, REPORT, AuditFolder
from aleator.audits.info import RefereeScores
from aleator.audits.next_steps import Step, next_steps
from aleator.data.how_read import HowRead
from aleator.data.overview import Overview
from aleator.data.wording import listed, short
from aleator.verdicts.estimates import pairs_of

FLOWS_SHOWN, CLASSES_SHOWN = 5, 40
SHOWN = ("id", "label", "split", "pixels", "what it holds")
LONGEST_LINE = 100


def print_summary(audit: AuditFolder, seconds: float | None = None) -> None:
    """A dozen lines: how many labels are wrong, in which direction, how sure that is, where to look, what to do next.

    `seconds` is how long it took; without it the audit's own time is told.
    """
    console = Console(highlight=False, soft_wrap=True)
    info, folder = audit.info, audit.folder
    estimates, names = info.estimates, info.class_names
    wrong = estimates.mislabelled
    console.print(
        f"\n[bold]About {wrong.count:,.0f} of {info.data.examples:,} labels are wrong[/bold] "
        f"({wrong.share:.1%}; {estimates.level:.0%} interval {wrong.low:,.0f} to {wrong.high:,.0f})."
    )
    if estimates.reviewed:
        left = estimates.errors_left
        console.print(
            f"{estimates.reviewed:,} are reviewed; among the others about {left.count:,.0f} wrong labels are left "
            f"({left.low:,.0f} to {left.high:,.0f})."
        )
    for remark in estimates.remarks:
        console.print(remark)
    if estimates.flagged:
        console.print(
            f"{estimates.flagged:,} are flagged: each of these is wrong with a probability above "
            f"{estimates.flag_above:.0%}."
        )
    console.print("Verdicts: " + " · ".join(f"{count:,} {name}" for name, count in estimates.verdicts.items()) + "\n")
    table = Table("given", "more likely", "about", box=None, padding=(0, 2), header_style="dim")
    pairs = estimates.pairs or pairs_of(np.array(estimates.confusion), FLOWS_SHOWN)
    for pair in [one for one in pairs[:FLOWS_SHOWN] if one.count >= 0.5]:
        table.add_row(escape(names[pair.given]), escape(names[pair.true]), f"{pair.count:,.0f}")
    if table.row_count:
        console.print(table)
    if info.referee:
        console.print(_score(info.referee))
    print_how_read(console, info.data.how_read)
    if info.skipped:
        console.print(f"\n{len(info.skipped)} examples were left out and are listed in audit.json.")
    # Names of folders and classes are untrusted text: square brackets would be read as markup.
    report, labels = escape(str(folder / REPORT)), escape(str(folder / LABELS))
    console.print(f"\nReport: {report}\nAll examples: {labels}")
    print_next(next_steps(info, audit.labels, folder))
    took = round(info.timings["total"] if seconds is None else seconds)
    console.print(f"[dim]{took} second{'' if took == 1 else 's'}[/dim]")


def print_next(steps: Sequence[Step]) -> None:
    """The commands that may follow."""
    console = Console(highlight=False, soft_wrap=True)
    width = max((len(step.command) for step in steps), default=0)
    for number, step in enumerate(steps):
        lead = "Next:" if number == 0 else "     "
        console.print(f"{lead} [bold]{escape(step.command)}[/bold]{' ' * (width - len(step.command))}  {step.purpose}")


def _score(referee: RefereeScores) -> str:
    return (
        f"\nScored against the {referee.name} ({referee.wrong:,} labels wrong of the {referee.examples:,} "
        f"for which it names a class): "
        f"{referee.flags_precision:.0%} of the flagged labels are wrong, and {referee.flags_recall:.0%} of the wrong "
        f"labels are flagged.\n"
        f"Labels that are right: {referee.given_label_accuracy:.1%} as given, {referee.suggested_label_accuracy:.1%} "
        f"as suggested. AUROC {_three(referee.auroc)}, within a given label {_three(referee.auroc_within_label)}, "
        f"average precision {_three(referee.average_precision)}."
    )


def print_how_read(console: Console, how_read: HowRead) -> None:
    """What the data were taken for, and what was passed over: a line each."""
    for number, line in enumerate(how_read.lines()):
        console.print(f"{'' if number else chr(10)}{escape(line)}")


def print_overview(overview: Overview, sheet: Path | None) -> None:
    """How data were read: form, classes, splits, a few rows, what was passed over, and what looks odd."""
    console = Console(highlight=False, soft_wrap=True)
    counts, splits = overview.classes, overview.splits
    console.print(f"[bold]{overview.examples:,} {overview.examples_are}, {len(counts):,} classes[/bold]")
    print_how_read(console, overview.how_read)
    table = Table("class", "examples", box=None, padding=(0, 2), header_style="dim")
    for name, count in list(counts.items())[:CLASSES_SHOWN]:
        table.add_row(escape(name), f"{count:,}")
    console.print(table)
    if len(counts) > CLASSES_SHOWN:
        console.print(f"and {len(counts) - CLASSES_SHOWN:,} more classes")
    if overview.without_label:
        console.print(f"{overview.without_label:,} examples have no label.")
    if splits:
        console.print("Splits: " + " · ".join(f"{escape(name)} {count:,}" for name, count in splits.items()))
    cells = [
        (short(row.id), row.label or "–", row.split or "", _pixels(row.size), _one_line(row.content))
        for row in overview.rows
    ]
    told = [place for place in range(len(SHOWN)) if any(row[place] for row in cells)]
    rows = Table(*(SHOWN[place] for place in told), box=None, padding=(0, 2), header_style="dim")
    for row in cells:
        rows.add_row(*(escape(row[place]) for place in told))
    console.print(rows)
    if overview.rare:
        console.print(f"[yellow]Too few examples to be audited: {escape(listed(overview.rare))}.[/yellow]")
    if overview.skipped:
        first = "; ".join(f"{one.source} {one.reason}" for one in overview.skipped[:3])
        console.print(f"{len(overview.skipped):,} examples are left out: {escape(first)}")
    if sheet is not None:
        console.print(f"\nLook: {escape(str(sheet))}")


def _pixels(size: tuple[int, int] | None) -> str:
    return "" if size is None else f"{size[0]}×{size[1]}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 4]} ..."


def _three(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.3f}"
