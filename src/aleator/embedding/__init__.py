"""Pretrained networks as feature extractors: an example in, a vector out, computed once. Loads no torch by itself."""

from aleator.embedding.backbone import AUTO, FAMILIES, Backbone, Family, Kind, OwnBackbone, family_forms, is_pretrained
from aleator.embedding.preprocessing import Preprocessing, PreprocessingChanges
from aleator.embedding.settings import EmbedSettings

__all__ = [
    "AUTO",
    "FAMILIES",
    "Backbone",
    "EmbedSettings",
    "Family",
    "Kind",
    "OwnBackbone",
    "Preprocessing",
    "PreprocessingChanges",
    "family_forms",
    "is_pretrained",
]
