"""What the columns of tables are called."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from aleator.data.wording import listed
from aleator.errors import DataError

PATH_COLUMNS = (
    *("path", "file_name", "filename", "file", "image_path", "image", "filepath", "file_path", "img", "image_name"),
    *("image_file", "img_path", "picture", "photo", "source-ref"),
)
LABEL_COLUMNS = (
    *("label", "given_label", "noisy_label", "class", "target", "emotion", "category", "y", "class_name"),
    *("label_name", "labels"),
    *("expression", "class_id", "label_id", "choice", "ground_truth", "gt", "true_label", "class_label", "annotation"),
    *("category_name", "classification", "diagnosis", "sentiment", "species", "tag", "tags", "classes", "finding"),
    *("gold_label", "gold", "majority_label", "target_name", "target_names", "findings", "finding_labels", "intent"),
    *("topic", "expected", "truth", "dx", "breed", "answer", "label_text"),
)
CELL_COLUMNS = (
    *("votes", "annotations", "answers", "responses", "ratings", "judgments", "judgements", "annotators", "label_list"),
    *("raw_labels", "all_labels", "crowd_labels", "annotator_labels", "label_annotators", "worker_labels"),
    "individual_labels",
)
"""Columns of several people's answers in each cell, where that is what they hold."""
INDEX_COLUMNS = ("", "Unnamed: 0", "index", "__index_level_0__")
"""A written row number is no data."""
SPLIT_COLUMNS = ("split", "usage", "subset", "fold", "partition", "kfold", "fold_id", "cv_fold")
LIKELY_SPLIT_COLUMNS = ("set", "phase", "dataset", "data_split", "data_set", "train_test", "mode", "stage", "ml_use")
"""Columns of splits where every cell is called as splits are."""
ID_COLUMNS = ("id", "image_id", "example_id", "uid")
GROUP_COLUMNS = (
    *("patient_id", "patient", "subject_id", "subject", "person_id", "case_id", "lesion_id", "animal_id", "group_id"),
    *("video_id", "video", "series_id", "session_id", "slide_id", "identity"),
)
"""What several pictures may be of."""
WORKER_COLUMNS = ("annotator", "worker", "annotator_id", "worker_id", "user", "rater", "completed_by")
EXPORTED = ("source", "given_label", "label_from", "changed", "decision", "choices", "reviewers")
EXPORTED_OF_AUDITS = ("suggested_label", "p_mislabelled", "verdict")
EXPORTED_OF_GROUPS = ("group", "keep_together")
"""What `aleator export` writes beside the examples, always, of audits and of what belongs together; none of it is a
feature."""
PERSON = re.compile(r"(?i)(annotator|annot|rater|worker|coder|labell?er|expert|reader|judge|reviewer|vote|label|ann)"
                    r"s?[ _.-]?(\d{1,3}|[a-z])$")  # fmt: skip
"""How columns of one person's answers are called."""
OF_MODEL = re.compile(
    r"(?i)(y[_ ]?pred|y[_ ]?hat|pred|prediction|predictions|predicted|predicted[_ ](label|class)|is[_ ]label[_ ]issue"
    r"|label[_ ]quality|is[_ ](train|training|test))$"
)
PROBABILITIES = (
    *("prob_", "proba_", "probability_", "p_", "score_", "logit_", "softmax_", "conf_", "confidence_", "pred_"),
)
"""How columns of a model's answers are called, alone and before the name of a class."""
NUMBERING = re.compile(r"(^|[ _.-])(id|no|nr|number|index|key|row)$|(^|[a-z _.-])(ID|Id|No|Nr|Number|Index|Key|Row)$")
"""How columns are called that number the rows."""


def find_column(
    columns: Iterable[str], candidates: Sequence[str], asked: str | None = None, where: Path | str = "", flag: str = ""
) -> str | None:
    """The column that the user named by a flag, or the first whose name is a candidate, compared loosely."""
    names = list(columns)
    if asked is not None:
        asked = asked if asked in names else asked.strip()
        if asked not in names:
            remedy = f" Give {flag} one of these." if flag else ""
            raise DataError(f"{where} has no column {asked!r}; it has {listed(names)}.{remedy}")
        return asked
    loose = {loosely(name): name for name in reversed(names)}
    return next((loose[loosely(candidate)] for candidate in candidates if loosely(candidate) in loose), None)


def loosely(name: str) -> str:
    """A column's name without case, spaces, dashes and underscores: what names of columns are compared by."""
    return "".join(sign for sign in name.lower() if sign not in " _-\t") or name.strip()


def is_exported(names: Collection[str]) -> bool:
    """Whether a table is one that `aleator export` wrote."""
    return {"given_label", "label_from", "decision"} <= set(names)
