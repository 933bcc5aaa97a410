"""`aleator train`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from aleator.cli.app import Json, app
from aleator.console import ProgressDisplay

if TYPE_CHECKING:
    from aleator.auditing import Audit


@app.command
def train(
    data: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    labels: Literal["given", "judged", "votes", "reviewed"] | None = None,
    policy: Literal["keep", "soften", "relabel", "drop"] = "soften",
    of: Path | None = None,
    database: str | None = None,
    split: str | None = None,
    votes: Path | None = None,
    label_file: Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    id_column: str | None = None,
    class_names: str | None = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    members: int | None = None,
    epochs: int | None = None,
    backbone: str | None = None,
    objective: str | None = None,
    step: str = "plain",
    average: float = 0.99,
    loss_mixture: bool = False,
    second_pass: bool = False,
    held_out: float = 0.1,
    seed: int = 0,
    device: str = "auto",
    devices: int = 1,
    flip: bool = True,
    force: bool = False,
    json_output: Json = False,
) -> None:
    """Train a model through the noise of DATA's labels, or of an audit folder, and leave it in a folder.

    Parameters
    ----------
    data
        Whatever `audit` reads, or an audit folder.
    output
        The folder for the model. An interrupted training of the same data goes on where it was.
    labels
        given: as they are; judged: the audit's label distributions (the default for an audit folder); votes: the
        votes' distributions; reviewed: judged again with the decisions of the audit's review page (or those that
        `aleator judge --reviewed` heard).
    policy
        With judged and reviewed labels: soften trains on the distributions, relabel on the suggested label of
        mistakes, drop leaves mistakes out, keep changes no label but trusts each as the audit does.
    of
        For an audit folder: the data that was audited, if it is not where it was.
    database
        Where the review page's decisions are, if not in the audit's folder.
    split
        Train on this split only. An audit folder remembers how its data were read.
    votes
        Several people's votes; with --labels votes they are trained on.
    label_file
        For an .npy of examples: the file that holds the labels.
    path_column, label_column, id_column
        The table's columns, where their names do not tell.
    class_names
        Names of the classes 0, 1, 2, ... separated by commas.
    effort
        How much is computed.
    members
        How many networks are trained.
    epochs
        How often the data are passed.
    backbone
        small_vgg, deep_vgg, mlp, or timm:NAME.
    objective
        learned_noise, early_learning, forward_correction, cross_entropy, label_smoothing, generalised_cross_entropy,
        symmetric_cross_entropy, soft_bootstrapping, votes.
    step
        plain, mixup, flip_consistency, relative_uncertainty.
    average
        Decay of the running mean of the weights; 0 keeps the last weights.
    loss_mixture
        Believe examples less whose loss lies with the high ones.
    second_pass
        Train the networks once more, on what they believe of the labels. Takes twice the time; the labels are given
        ones.
    held_out
        Share of the examples that sets temperature and thresholds.
    seed
        The same seed on the same machine gives the same model.
    device
        auto, cpu, cuda, ...
    devices
        Processes or GPUs that train each network together (aleator[fabric]).
    flip
        A mirrored picture keeps its class; --no-flip for letters and digits.
    force
        Replace the model in the output folder.
    json_output
        Print the card as one JSON object instead of the summary.
    """
    with ProgressDisplay() as progress:
        from aleator.auditing import load_audit
        from aleator.auditing.folder import read_audited, with_data
        from aleator.data import read_dataset
        from aleator.training import train as run_training

        audited = load_audit(data) if (data / "audit.json").is_file() else None
        asked: dict[str, Any] = {
            "split": split, "votes": votes, "labels": label_file, "path_column": path_column,
            "label_column": label_column, "id_column": id_column, "class_names": class_names,
        }  # fmt: skip
        if audited is None:
            dataset = read_dataset(data, **asked, progress=progress)
        else:
            if labels == "votes" and votes is None:
                asked["votes"] = (audited.info["data"]["reading"] or {}).get("votes")
            dataset = read_audited(audited, of, **asked, progress=progress)

        options: dict[str, Any] = {
            "labels": labels or ("given" if audited is None else "judged"), "policy": policy, "effort": effort,
            "members": members, "epochs": epochs, "objective": objective, "step": step, "average": average,
            "loss_mixture": loss_mixture, "second_pass": second_pass, "held_out": held_out, "seed": seed,
            "device": device, "devices": devices, "flip": flip,
        }  # fmt: skip
        if audited is not None:
            audited = with_data(audited, dataset)
            if options["labels"] == "reviewed":
                audited = _with_decisions(audited, database)
        model = run_training(audited or dataset, output, backbone=backbone, force=force, progress=progress, **options)
    if json_output:
        print(json.dumps({**model.card, "folder": str(output.resolve())}, ensure_ascii=False))
    else:
        _summary(model.card, output)


def _with_decisions(audit: "Audit", database: str | None) -> "Audit":
    """The audit, judged again with what people decided on its page; as it is where a table of decisions was heard."""
    from aleator.auditing.rejudge import rejudge
    from aleator.review.heard import decided
    from aleator.review.serve import database_beside

    heard = "reviewed_label" in audit.labels.column_names
    if database is None and heard and not database_beside(audit.folder).exists():
        return audit
    return rejudge(audit, decided(audit, database))


def _summary(card: dict[str, Any], folder: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    data, figures = card["data"], card["figures"]
    console.print(
        f"\n[bold]{figures['accuracy']:.1%} right[/bold] of {figures['examples']:,} held-out examples; "
        f"{figures['accuracy_of_surest_80%']:.1%} of the surest 80 %. Trained on {data['trained_on']:,}."
    )
    console.print(
        f"Calibration error {figures['calibration_error']:.3f}. "
        + " · ".join(f"{count:,} {name}" for name, count in figures["routes"].items())
    )
    noise = card["label_noise"]
    if noise is not None:
        advice = "" if card["settings"]["second_pass"] else "; --second-pass trains again on what it believes of them"
        console.print(f"By its estimate {noise['share_wrong']:.0%} of the labels are wrong{advice}.")
    console.print(f"\nThe card: {escape(str(folder / 'README.md'))}")
    console.print(f"[dim]{card['timings']['total']:.0f} seconds[/dim]")
