"""What the command line shows: progress with the time left while it works, and a summary at the end."""

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from aleator.audits.info import AuditInfo
from aleator.data.how_read import HowRead
from aleator.data.overview import Overview
from aleator.data.wording import listed, short

FLOWS_SHOWN, CLASSES_SHOWN = 5, 40


class ProgressDisplay:
    """Shows each stage with a bar and the time left on a terminal, a line per stage elsewhere. Writes to stderr."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.tasks: dict[str, TaskID] = {}
        self.progress = Progress(
            TextColumn("{task.description:20}"),
            BarColumn(bar_width=32),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> "ProgressDisplay":
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def __call__(self, stage: str, completed: int, total: int) -> None:
        if stage not in self.tasks:
            self.tasks[stage] = self.progress.add_task(stage, total=total)
            if not self.console.is_terminal:
                self.console.print(f"{stage} ...")
        self.progress.update(self.tasks[stage], completed=completed, total=total)


def print_summary(info: AuditInfo, folder: Path) -> None:
    """A dozen lines: how many labels are wrong, in which direction, how sure that is, and where to look."""
    console = Console(highlight=False, soft_wrap=True)
    estimates, names = info.estimates, info.class_names
    wrong = estimates.mislabelled
    console.print(
        f"\n[bold]{wrong.count:,.0f} of {info.data.examples:,} labels are probably wrong[/bold] "
        f"({wrong.share:.1%}; {estimates.level:.0%} interval {wrong.low:,.0f} to {wrong.high:,.0f})"
    )
    for remark in estimates.remarks:
        console.print(remark)
    verdicts = estimates.verdicts
    console.print(" · ".join(f"{count:,} {verdict}" for verdict, count in verdicts.items()) + "\n")
    table = Table("given", "rather", "about", box=None, padding=(0, 2), header_style="dim")
    for given, true, count in largest_flows(estimates.confusion)[:FLOWS_SHOWN]:
        table.add_row(escape(names[given]), escape(names[true]), f"{count:,.0f}")
    console.print(table)
    referee = info.referee
    if referee:
        console.print(
            f"\nScored against the {referee.name} ({referee.wrong:,} of {referee.examples:,} labels wrong): "
            f"AUROC {_three(referee.auroc)}, within a given label {_three(referee.auroc_within_label)}, "
            f"average precision {_three(referee.average_precision)}.\n"
            f"Of what is called a mistake {referee.flags_precision:.0%} is wrong, of what is wrong "
            f"{referee.flags_recall:.0%} is called a mistake. Right labels: {referee.given_label_accuracy:.1%} "
            f"given, {referee.suggested_label_accuracy:.1%} suggested."
        )
    print_how_read(console, info.data.how_read)
    if info.skipped:
        console.print(f"\n{len(info.skipped)} examples were left out and are listed in audit.json.")
    # Names of folders and classes are untrusted text: square brackets would be read as markup.
    report, labels = escape(str(folder / "report.html")), escape(str(folder / "labels.parquet"))
    console.print(f"\nLook: {report}\nAll examples: {labels}")
    console.print(f"[dim]{info.timings['total']:.0f} seconds[/dim]")


def print_how_read(console: Console, how_read: HowRead) -> None:
    """What the data were taken for, and what was passed over: a line each."""
    for number, line in enumerate(how_read.lines()):
        console.print(f"{'' if number else chr(10)}{escape(line)}")


def print_overview(overview: Overview, sheet: Path | None) -> None:
    """How data were read: form, classes, splits, a few rows, what was passed over, and what looks odd."""
    console = Console(highlight=False, soft_wrap=True)
    counts, splits = overview.classes, overview.splits
    console.print(f"[bold]{overview.examples:,} {overview.kind}, {len(counts):,} classes[/bold]")
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
    rows = Table("id", "label", "split", "pixels", box=None, padding=(0, 2), header_style="dim")
    for row in overview.rows:
        size = "" if row.size is None else f"{row.size[0]}×{row.size[1]}"
        rows.add_row(*map(escape, (short(row.id), row.label or "–", row.split or "", size)))
    console.print(rows)
    for group in overview.alike:
        console.print(f"[yellow]These class names look alike: {escape(listed(group))}.[/yellow]")
    if overview.rare:
        console.print(f"[yellow]Too few examples to be audited: {escape(listed(overview.rare))}.[/yellow]")
    if overview.skipped:
        first = "; ".join(f"{one.source} {one.reason}" for one in overview.skipped[:3])
        console.print(f"{len(overview.skipped):,} examples are left out: {escape(first)}")
    if sheet is not None:
        console.print(f"\nLook: {escape(str(sheet))}")


def _three(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.3f}"


def largest_flows(confusion: list[list[float]]) -> list[tuple[int, int, float]]:
    """`(given, true, expected count)` off the diagonal, largest first."""
    flows = [
        (given, true, count)
        for given, row in enumerate(confusion)
        for true, count in enumerate(row)
        if given != true and count > 0
    ]
    return sorted(flows, key=lambda flow: -flow[2])
