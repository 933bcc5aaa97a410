"""`cleanlab.multiannotator`: one label from what several people answered, and how good each of them is."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aleator.cleanlab.instead import FUNCTIONS, refusing
from aleator.errors import DataError, MissingExtraError
from aleator.verdicts.annotators import Consensus, find_consensus, majority
from aleator.verdicts.checks import checked_distributions, explain_ignored
from aleator.verdicts.scores import plain_scores

if TYPE_CHECKING:
    import pandas as pd

ConsensusMethod = Literal["best_quality", "majority_vote"]
Learners = tuple[NDArray[np.floating[Any]], ...]


def get_label_quality_multiannotator(
    labels_multiannotator: "pd.DataFrame | NDArray[Any]",
    pred_probs: ArrayLike,
    *,
    consensus_method: ConsensusMethod | Sequence[ConsensusMethod] = "best_quality",
    quality_method: Literal["crowdlab", "agreement"] = "crowdlab",
    calibrate_probs: bool = False,
    return_detailed_quality: bool = True,
    return_annotator_stats: bool = True,
    return_weights: bool = False,
    verbose: bool = True,
    label_quality_score_kwargs: Mapping[str, Any] | None = None,
) -> "dict[str, Any]":
    """The consensus of several people's answers and what a learner says, and how good each answer and person is.

    Args:
        labels_multiannotator: `(example, annotator)`, 0 to K-1, NaN where somebody did not answer; the columns of a
            table are the annotators' names.
        pred_probs: predicted probabilities, `(example, K)`.
        consensus_method: `best_quality`, the posterior's likeliest class, or `majority_vote`, where the learner settles
            ties. Of several the first fills the table, and the others columns with their names at the end.
        quality_method: `crowdlab` is answered by the posterior, in which each person has a confusion matrix;
            `agreement` is the share of answers that are the consensus.
        return_weights: also how often the learner (`model_weight`) and each person (`annotator_weight`) are right.
        label_quality_score_kwargs: the quality of a consensus is this score of it (`method`) in the posterior.
        calibrate_probs, verbose: accepted: the posterior weighs the learner's word by itself.

    Returns tables: `label_quality` (`consensus_label`, `consensus_quality_score`, `annotator_agreement`,
    `num_annotations`), `detailed_label_quality` (a column for each annotator, NaN where there is no answer) and
    `annotator_stats` (`annotator_quality`, `agreement_with_consensus`, `worst_class`, `num_examples_labeled`, a row for
    each annotator, the worst first). Raises DataError for what cannot be judged; needs pandas.
    """
    if np.ndim(pred_probs) == 3:
        raise DataError(
            "pred_probs are several learners' (learner, example, class): use the ensemble version of this function, "
            "get_label_quality_multiannotator_ensemble."
        )
    explain_ignored(calibrate_probs=calibrate_probs or None)
    result = _joined(
        labels_multiannotator,
        np.asarray(pred_probs)[None],
        consensus_method,
        quality_method,
        label_quality_score_kwargs,
    )
    kept = _kept(result, return_detailed_quality, return_annotator_stats, return_weights, quality_method)
    if return_weights:
        kept["model_weight"] = float(kept["model_weight"][0])
    return kept


def get_label_quality_multiannotator_ensemble(
    labels_multiannotator: "pd.DataFrame | NDArray[Any]",
    pred_probs: ArrayLike,
    *,
    calibrate_probs: bool = False,
    return_detailed_quality: bool = True,
    return_annotator_stats: bool = True,
    return_weights: bool = False,
    verbose: bool = True,
    label_quality_score_kwargs: Mapping[str, Any] | None = None,
) -> "dict[str, Any]":
    """The same with several learners, `(learner, example, class)`; `model_weight` is `(learner,)`."""
    if np.ndim(pred_probs) != 3:
        raise DataError(
            "pred_probs are one learner's: use the non-ensemble version of this function, "
            "get_label_quality_multiannotator."
        )
    explain_ignored(calibrate_probs=calibrate_probs or None)
    result = _joined(
        labels_multiannotator, np.asarray(pred_probs), "best_quality", "crowdlab", label_quality_score_kwargs
    )
    return _kept(result, return_detailed_quality, return_annotator_stats, return_weights, "crowdlab")


def get_majority_vote_label(
    labels_multiannotator: "pd.DataFrame | NDArray[Any]", pred_probs: ArrayLike | None = None, verbose: bool = True
) -> NDArray[np.int64]:
    """What most answered, `(example,)`; ties go to what the learner holds for likelier, or without one to whom
    others confirm more often."""
    answers, names = _answers(labels_multiannotator)
    if pred_probs is None:
        classes = max(2, int(answers.max()) + 1)
        nothing_known = np.full((len(answers), classes), 1 / classes)
        return majority(answers, find_consensus(answers, [nothing_known], [str(name) for name in names]).distribution)
    (probs,) = _learners(np.asarray(pred_probs)[None], answers)
    return majority(answers, probs.astype(np.float64))


def convert_long_to_wide_dataset(labels_multiannotator_long: "pd.DataFrame") -> "pd.DataFrame":
    """From a row for each answer (`task`, `annotator`, `label`) to a row for each task, a column for each annotator."""
    table = labels_multiannotator_long.pivot(index="task", columns="annotator", values="label")
    table.index.name, table.columns.name = None, None
    return table


def _joined(
    table: "pd.DataFrame | NDArray[Any]",
    pred_probs: NDArray[Any],
    consensus_method: ConsensusMethod | Sequence[ConsensusMethod],
    quality_method: str,
    score: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All that may be returned."""
    pandas = _pandas()
    methods = [consensus_method] if isinstance(consensus_method, str) else list(consensus_method)
    for method in methods:
        if method not in ("best_quality", "majority_vote"):
            raise DataError(f"{method!r} is not a valid consensus method; there are best_quality and majority_vote.")
    if quality_method not in ("crowdlab", "agreement"):
        raise DataError(f"{quality_method!r} is no quality method; there are crowdlab and agreement.")
    answers, names = _answers(table)
    several = _learners(pred_probs, answers)
    consensus = find_consensus(answers, several, [str(name) for name in names])
    by_method = {method: _consensus(consensus, several, method) for method in methods}
    label = by_method[methods[0]]
    index = table.index if isinstance(table, pandas.DataFrame) else pandas.RangeIndex(len(answers))
    columns = {
        "consensus_label": label,
        "consensus_quality_score": _quality(consensus, label, quality_method, score),
        "annotator_agreement": consensus.agreement(label),
        "num_annotations": (answers >= 0).sum(axis=1),
    }
    for method in methods[1:]:
        columns[f"consensus_label_{method}"] = by_method[method]
        columns[f"consensus_quality_score_{method}"] = _quality(consensus, by_method[method], quality_method, score)
    agreement = consensus.agreement_of_annotators(label)
    statistics = {
        "annotator_quality": agreement if quality_method == "agreement" else consensus.annotator_quality,
        "agreement_with_consensus": agreement,
        "worst_class": consensus.worst_class(label),
        "num_examples_labeled": (answers >= 0).sum(axis=0),
    }
    detailed = pandas.DataFrame(
        consensus.answer_quality, index=index, columns=[f"quality_annotator_{name}" for name in names]
    )
    return {
        "label_quality": pandas.DataFrame(columns, index=index),
        "detailed_label_quality": detailed,
        "annotator_stats": pandas.DataFrame(statistics, index=pandas.Index(names)).sort_values("annotator_quality"),
        "model_weight": np.array(
            [np.take_along_axis(consensus.distribution, one.argmax(axis=1)[:, None], 1).mean() for one in several]
        ),
        "annotator_weight": consensus.annotator_quality,
    }


def _kept(result: dict[str, Any], detailed: bool, statistics: bool, weights: bool, quality: str) -> dict[str, Any]:
    if weights and quality != "crowdlab":
        raise DataError("Model and annotator weights are only applicable to the crowdlab quality method.")
    wanted = {
        "label_quality": True,
        "detailed_label_quality": detailed,
        "annotator_stats": statistics,
        "model_weight": weights,
        "annotator_weight": weights,
    }
    return {name: result[name] for name, kept in wanted.items() if kept}


def _consensus(consensus: Consensus, several: Learners, method: str) -> NDArray[np.int64]:
    if method == "best_quality":
        return consensus.label
    return majority(consensus.answers, np.mean(several, axis=0, dtype=np.float64))


def _quality(
    consensus: Consensus, label: NDArray[np.int64], method: str, score: Mapping[str, Any] | None
) -> NDArray[np.float64]:
    if method == "agreement":
        return consensus.agreement(label)
    return plain_scores(label, consensus.distribution, **{"method": "self_confidence", **(score or {})})


def _learners(pred_probs: NDArray[Any], answers: NDArray[np.int64]) -> Learners:
    """The probabilities of each learner, checked. Raises DataError."""
    highest = int(answers.max(initial=0)) + 1
    if pred_probs.ndim == 3 and pred_probs.shape[2] < highest:
        raise DataError(f"pred_probs must have at least {highest} columns: that many classes are answered.")
    several = tuple(checked_distributions(one) for one in pred_probs)
    if len(several[0]) != len(answers):
        raise DataError(f"{len(answers)} rows of labels but {len(several[0])} rows of pred_probs; they must line up.")
    return several


def _answers(table: "pd.DataFrame | NDArray[Any]") -> tuple[NDArray[np.int64], list[Any]]:
    """Answers `(example, annotator)`, -1 for none, and the annotators' names. Raises DataError."""
    if np.ndim(table) != 2:
        raise DataError("labels_multiannotator must be a 2D array or dataframe, (example, annotator).")
    names = list(getattr(table, "columns", range(np.shape(table)[1])))
    try:
        # pandas' own missing value is no number before it is replaced.
        plain = table if isinstance(table, np.ndarray) else table.astype(object).where(table.notna(), np.nan)
        values = np.asarray(plain, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            "labels_multiannotator holds other things than numbers; wanted are classes from 0, and NaN for no answer."
        ) from error
    there = ~np.isnan(values)
    answered = there.sum(axis=0)
    silent = [name for name, count in zip(names, answered, strict=True) if not count]
    if silent:
        raise DataError(
            f"labels_multiannotator cannot have columns with all NaN. Annotators {silent} did not label any examples."
        )
    empty = np.flatnonzero(~there.any(axis=1)).tolist()
    if empty:
        raise DataError(
            f"labels_multiannotator cannot have rows with all NaN. Examples {empty[:20]} do not have any labels."
        )
    answers = np.where(there, values, -1)
    bad = np.argwhere(there & ((answers < 0) | (answers != np.floor(answers))))
    if len(bad):
        row, column = bad[0]
        raise DataError(f"labels_multiannotator, row {row}: {values[row, column]} is no class; wanted are 0 to K-1.")
    return answers.astype(np.int64), names


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise MissingExtraError("Tables of annotators need pandas: pip install 'aleator[pandas]'.") from error
    return pandas


__getattr__ = refusing(__name__, FUNCTIONS)
