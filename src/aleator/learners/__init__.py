"""Learners of vectors, texts and tables: each says what it thinks of examples whose labels it has not seen."""

from aleator.learners.folds import Folds, LabelledFolds, draw_folds
from aleator.learners.hear import Heard, Material, hear

__all__ = ["Folds", "Heard", "LabelledFolds", "Material", "draw_folds", "hear"]
