"""Pretrained networks as feature extractors: an example in, a vector out, computed once. Loads no torch by itself."""

from aleator.embedding.backbone import FAMILIES, Backbone, Family, Kind, OwnBackbone, family_forms
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings

__all__ = ["FAMILIES", "Backbone", "EmbedSettings", "Family", "Kind", "OwnBackbone", "Preprocessing", "family_forms"]
