"""From labels with noise in them to a model that answers with doubt."""

from aleator.training.model import Model, load_model
from aleator.training.train import train

__all__ = ["Model", "load_model", "train"]
