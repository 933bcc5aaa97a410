"""Whether the verdict is right anywhere: every data set of the portfolio, through both doors.

Brought: a learner's out-of-sample probabilities, alone and (the first of those that saw the same) with its features.
Audit: the whole audit of pictures and vectors. A row is named after its data set and what judged it; half of the rows,
by their names, are those on which constants were chosen, the other half is what is reported.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from aleator.auditing.judging import inputs_of
from aleator.progress import Progress, silent
from aleator.verdicts.probabilities import observe_probabilities
from benchmarks.extras import import_extra
from benchmarks.portfolio.cases import Case, cases, kinds_drawn
from benchmarks.portfolio.learners import Features, brought
from benchmarks.portfolio.options import PortfolioOptions
from benchmarks.portfolio.scores import HALVES, Judged, row_of, summary
from benchmarks.trainer import Trainer


def run(options: PortfolioOptions, *, folder: Path | None = None, progress: Progress = silent) -> dict[str, Any]:
    """All rows, and a summary of each half. Audits are kept in `folder`.

    Raises MissingExtraError without cleanlab, unless peers are left out.
    """
    if options.peers:
        import_extra("cleanlab")
    rows = []
    for number, judged in enumerate(_all(options, folder or Path("portfolio-audits"), progress)):
        progress(f"judging {judged.name}", number, number + 1)
        rows.append(row_of(judged, peers=options.peers, reviews=options.reviews))
    return summarised(rows)


def summarised(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows, and what they show together."""
    return {
        "rows": rows,
        "summary": {half: summary(some) for half in HALVES if (some := [row for row in rows if row["half"] == half])},
        "all": summary(rows),
    }


def _all(options: PortfolioOptions, folder: Path, progress: Progress) -> Iterator[Judged]:
    embeddings: dict[str, Features] = {}
    if options.embeddings is not None:
        embeddings["photographs"] = np.load(options.embeddings)
    for case in cases(options.data, quick=options.quick):
        if not options.takes(case.name):
            continue
        if {"brought", "features"} & set(options.doors):
            heard: list[Features] = []  # beside their first learner: what is learned of them is the same beside others
            for one in brought(case, embeddings):
                first = all(features is not one.features for features in heard)
                heard.append(one.features)
                for door, features in (("brought", None), ("features", one.features)):
                    if door in options.doors and (features is None or first):
                        observations, _ = observe_probabilities(case.given, (one.pred_probs,), features)
                        with_features = "" if features is None else ", and its features"
                        name = f"{case.name}; {one.learner}{with_features}"
                        yield Judged(name, case, observations, one.features, one.pred_probs)
        if "audit" in options.doors and case.origin != "made up":
            yield _audited(case, options, folder, progress)
    for case in kinds_drawn(quick=options.quick) if "audit" in options.doors else ():
        if options.takes(case.name):
            yield _audited(case, options, folder, progress)


def _audited(case: Case, options: PortfolioOptions, folder: Path, progress: Progress) -> Judged:
    slug = "".join(letter if letter.isalnum() else "-" for letter in case.name)
    trainer = Trainer(folder, options.effort, progress=progress)
    audit = trainer.audit(case.dataset(), slug, options.effort, flip=case.flip)
    observations = inputs_of(audit).observations
    probs = softmax(observations.log_probs[:].astype(np.float64), axis=1)
    return Judged(f"{case.name}; audit", case, observations, np.asarray(audit.embeddings), probs)


COLUMNS = {
    "wrong": "share_wrong", "says": "estimate", "low": "low", "high": "high", "F1": "f1", "differs": "f1_differs",
    "best": "f1_best", "AUROC": "auroc", "AP": "ap", "calib.": "calibration_error", "flagged": "flagged",
    "corr.": "corrected", "mis/amb": "mistake_ambiguous",
}  # fmt: skip


def format_table(result: dict[str, Any]) -> str:
    """A line for each row, then the summaries."""
    lines = [f"{'':66}" + "".join(f"{title:>8}" for title in COLUMNS) + "  AUROC, AP of the best peer"]
    for row in result["rows"]:
        best = [max(row[name].values(), default=math.nan) for name in ("auroc_peers", "ap_peers") if name in row]
        figures = "".join(_figure(row.get(key)) for key in COLUMNS.values())
        mark = " " if row["inside"] else "!"
        lines.append(f"{row['name'][:65]:65}{mark}{figures}" + "".join(_figure(one) for one in best))
    for half, figures_of in (*result["summary"].items(), ("all rows", result["all"])):
        lines += ["", half, *(f"  {name:32}{value:8.3f}" for name, value in figures_of.items())]
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return f"{'-':>8}" if value is None or math.isnan(value) else f"{value:8.3f}"
