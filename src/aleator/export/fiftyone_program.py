"""Load this folder into FiftyOne, with all that the audit knows, and bring decisions back.

    python load.py                                       # makes the data set; --name NAME calls it otherwise
    python load.py --decisions decisions.csv --reviewer ann   # after labelling in the app: what was decided

In the app each verdict is a saved view, the most suspicious first. To decide, change `ground_truth` of a sample, or
give it one of the tags `right` (the given label is), `suggested` (the suggested one is) and `not usable`. The file of
decisions is taken in by `aleator review AUDIT --import decisions.csv`, or heard by `--reviewed decisions.csv`.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import fiftyone as fo
import numpy as np
from fiftyone import ViewField as F

LABELS = ("ground_truth", "given_label", "suggested_label", "predicted_label", "reviewed_label")
"""Fields that are classes."""
RIGHT, SUGGESTED, NOT_USABLE = "right", "suggested", "not usable"


def load(folder: Path, name: str) -> "fo.Dataset":
    """The folder as a data set that stays."""
    lines = (folder / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    embeddings = np.load(folder / "embeddings.npy") if (folder / "embeddings.npy").exists() else None
    samples = []
    for row, line in enumerate(lines):
        fields = json.loads(line)
        sample = fo.Sample(filepath=str(folder / fields.pop("file")))
        confidence = fields.pop("suggested_confidence", None)
        for field, value in fields.items():
            if value is not None:
                sample[field] = fo.Classification(label=value) if field in LABELS else value
        if sample.has_field("suggested_label") and sample["suggested_label"] is not None:
            sample["suggested_label"].confidence = confidence
        sample["label_when_loaded"] = fields["ground_truth"]
        if embeddings is not None:
            sample["embedding"] = embeddings[row].astype(float)
        samples.append(sample)
    dataset = fo.Dataset(name, persistent=True)
    dataset.add_samples(samples)
    dataset.default_classes = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["classes"]
    dataset.save()
    save_views(dataset)
    return dataset


def save_views(dataset: "fo.Dataset") -> None:
    """A view of each verdict, and of what people decided."""
    if dataset.has_field("verdict"):
        worst = dataset.sort_by("p_mislabelled", reverse=True)
        for verdict in sorted(one for one in dataset.distinct("verdict") if one):
            dataset.save_view(verdict, worst.match(F("verdict") == verdict))
    if dataset.has_field("decision"):
        dataset.save_view("decided", dataset.match(F("decision") != None))  # noqa: E711 (an expression, not a value)


def decided(sample: Any) -> tuple[str, str] | None:
    """What somebody says of a sample, as label and kind; None where nobody did."""
    if NOT_USABLE in sample.tags:
        return "", "unusable"
    now = None if sample["ground_truth"] is None else sample["ground_truth"].label
    if now is not None and now != sample["label_when_loaded"]:
        return now, "label"
    for tag, field in ((RIGHT, "given_label"), (SUGGESTED, "suggested_label")):
        if tag in sample.tags and sample[field] is not None:
            return sample[field].label, "label"
    return None


def write_decisions(dataset: "fo.Dataset", path: Path, reviewer: str) -> int:
    """The decisions as a table that Aleator reads. Returns how many there are."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "label", "decision", "reviewer", "time"))
        for sample in dataset.iter_samples():
            said = decided(sample)
            if said is not None:
                cells = (sample["aleator_id"], *said, reviewer)
                # What a spreadsheet would take for a formula gets an apostrophe, which Aleator takes away again.
                safe = [f"'{cell}" if cell.startswith(tuple("=+-@\t\r\n'")) else cell for cell in cells]
                writer.writerow((*safe, sample.last_modified_at.isoformat()))
                count += 1
    return count


def main() -> None:
    folder = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default=folder.name)
    parser.add_argument("--decisions", type=Path)
    parser.add_argument("--reviewer", default="fiftyone")
    asked = parser.parse_args()
    if asked.decisions is None:
        print(load(folder, asked.name))
        return
    count = write_decisions(fo.load_dataset(asked.name), asked.decisions, asked.reviewer)
    print(f"{count:,} decisions: {asked.decisions}")


if __name__ == "__main__":
    main()
