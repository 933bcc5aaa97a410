"""`aleator train`."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from aleator.audits.next_steps import Step, program
from aleator.cli.app import DECISIONS, FLAT, READING, Force, Json, Output, app
from aleator.console import print_next
from aleator.data.options import NOTHING_ASKED, ReadOptions
from aleator.decisions.gather import DecisionSources
from aleator.progress import display
from aleator.training.settings import TrainSettings

if TYPE_CHECKING:
    from aleator.audits import AuditFolder
    from aleator.data import LabelledDataset
    from aleator.progress import Progress
    from aleator.training.card import ModelCard


NEW = {
    "images": ("PICTURES", "pictures of yours", "answers.html"),
    "texts": ("TEXTS.csv", "texts of yours", "answers.csv"),
    "table": ("ROWS.csv", "rows with the same columns", "answers.csv"),
    "features": ("VECTORS.npy", "vectors of yours", "answers.csv"),
}
"""What a model is given next, in the command and in words, and where its answers go, by kind of data."""


@app.command(name="train")
def train_verb(
    data: Path,
    /,
    *,
    output: Output,
    audited_data: Annotated[Path | None, Parameter(name="--data")] = None,
    reading: Annotated[ReadOptions, READING] = NOTHING_ASKED,
    settings: Annotated[TrainSettings, FLAT] = TrainSettings(),
    sources: Annotated[DecisionSources, DECISIONS] = DecisionSources(),
    force: Force = False,
    json_output: Json = False,
) -> None:
    """Train a model through the noise of DATA's labels, or of an audit folder, and leave it in a folder.

    Parameters
    ----------
    data
        Whatever `audit` reads, or an audit folder, which remembers how its data were read.
    output
        The folder for the model. An interrupted training of the same data goes on where it was.
    audited_data
        For an audit folder: where the audited data are now, if they moved.
    """
    with display(log=True) as progress:
        from aleator.audits import AuditFolder
        from aleator.audits.folder import INFO
        from aleator.data import read_dataset

        chosen: LabelledDataset | AuditFolder
        if (data / INFO).is_file():
            chosen = _audit(AuditFolder.load(data), audited_data, reading, settings, sources, progress)
        else:
            chosen = read_dataset(data, reading, progress=progress)
        from aleator.training.train import train

        model = train(chosen, output, settings, force=force, progress=progress)
    if json_output:
        from aleator.records import to_json

        print(json.dumps({**to_json(model.card), "folder": str(output.resolve())}, ensure_ascii=False))
    else:
        _summary(model.card, output)


def _audit(
    audit: "AuditFolder",
    place: Path | None,
    reading: ReadOptions,
    settings: TrainSettings,
    sources: DecisionSources,
    progress: "Progress",
) -> "AuditFolder":
    """The audit with its data and, where they are trained on, with people's decisions."""
    from aleator.auditing.rejudge import rejudge
    from aleator.auditing.reviewed import is_reviewed_elsewhere, reviews_of
    from aleator.audits import open_data, with_data

    if settings.labels == "votes" and reading.votes is None and audit.info.data.reading is not None:
        reading = replace(reading, votes=audit.info.data.reading.votes)
    audit = with_data(audit, open_data(audit, place, reading, progress=progress))
    if settings.labels == "reviewed" and not is_reviewed_elsewhere(audit, sources):
        return rejudge(audit, reviews_of(audit, sources))
    return audit


def _summary(card: "ModelCard", folder: Path) -> None:
    from aleator.training.abstention import how_rough

    console = Console(highlight=False, soft_wrap=True)
    data, figures = card.data, card.figures
    console.print(
        f"\n[bold]{figures.accuracy:.1%} right[/bold] of {figures.examples:,} held-out examples; "
        f"{figures.accuracy_of_surest:.1%} of the surest 80%. Trained on {data.trained_on:,}."
    )
    console.print(
        f"Calibration error {figures.calibration_error:.3f}. "
        + " · ".join(f"{count:,} {name}" for name, count in figures.routes.items())
    )
    if rough := how_rough(data.held_out):
        console.print(f"[dim]{rough} --held-out 0.3 holds out more.[/dim]")
    if card.wrong_labels is not None:
        wrong = card.wrong_labels
        console.print(
            f"By the audit {wrong.share:.0%} of the labels are wrong ({wrong.share_low:.0%} to {wrong.share_high:.0%})."
        )
    elif card.label_noise is not None:
        more = "" if card.settings.second_pass else "; --second-pass trains once more, on what the networks believe"
        console.print(f"It learned how the labels err{more}. How many are wrong: aleator audit DATA -o audit")
    console.print(f"\nThe model's card: {escape(str(folder / 'README.md'))}")
    predict = shlex.join([program(), "predict", str(folder)])
    word, examples, answers = NEW.get(data.kind, ("NEW", "new data", "answers.csv"))
    print_next([Step(f"{predict} {word} -o {answers}", f"let it answer on {examples}")])
    console.print(f"[dim]{card.timings['total']:.0f} seconds[/dim]")
