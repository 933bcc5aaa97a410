"""The classifier for scikit-learn: pipelines, grid search and pickling, with doubt."""

import tempfile
from inspect import signature
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from torch import nn

from aleator.auditing import AuditSettings
from aleator.auditing.audit import audit
from aleator.data.dataset import LabelledDataset
from aleator.data.readers.array_sources import source_of_array
from aleator.data.sources import FeatureArray
from aleator.embedding import EmbedSettings, is_pretrained
from aleator.embedding.embed import embed_source, kind_of, open_backbone
from aleator.learners.regression import FEWEST_DRAWS, fit_regressions
from aleator.learning.checkpoints import network_of_bytes
from aleator.learning.devices import pick_device
from aleator.learning.effort import LearnerName, schedule
from aleator.learning.job import Task, TrainingJob
from aleator.learning.members import fit_members, member_seed
from aleator.learning.prediction import predict_examples
from aleator.learning.settings import Augmentation, TrainingSettings
from aleator.models.backbones.regression import REGRESSION
from aleator.models.network import Network, NetworkSpec, folded
from aleator.training.abstention import EnsemblePrediction, prediction_of
from aleator.training.settings import CUSTOM


class AleatorClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that is not misled by wrong labels and keeps two kinds of doubt apart.

    On vectors it fits softmax regressions, linear and by similarities to some examples, to what is believed of the true
    labels; on pictures, or where a parameter that only networks have is given, it trains a small ensemble of networks.

    Takes feature vectors `(example, feature)`, or pictures `(example, height, width)` or `(example, height, width,
    channel)` (uint8, or floats from 0 to 1 or 0 to 255), and labels of any kind.

    Parameters
    ----------
    members : how many networks are trained, or regressions drawn from their posterior (these at least 4).
    learner : auto, or networks for vectors too.
    epochs : of networks: how often the data are passed; None passes small data more often.
    objective : of networks: one of `aleator.learning.objectives.OBJECTIVES`.
    average : of networks: decay of the running mean of the weights; 0 keeps the last weights.
    temperature : divides the log-probabilities; None takes 1 for regressions, and for networks 1.5, which undoes what
        the pull of early learning adds in sureness.
    batch_size, learning_rate : of the training of networks.
    flip : of networks: a mirrored picture keeps its class.
    backbone : None; a pretrained network as `timm:NAME`, on whose features of pictures the regressions are fitted; a
        network that is trained from scratch (one of `aleator.models.backbones.BACKBONES`), or a module of your own from
        examples to embeddings `(example, feature)`, which is trained too.
    device : auto, cpu, cuda, ...
    random_state : the same number on the same machine gives the same classifier.

    After `fit`: `classes_`, `networks_`, `n_features_in_` (pictures: their height).
    """

    def __init__(  # scikit-learn's grid search and clone want every parameter by its name
        self,
        *,
        members: int = 2,
        learner: LearnerName = "auto",
        epochs: int | None = None,
        objective: str = "learned_noise",
        average: float = 0.0,
        temperature: float | None = None,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        flip: bool = True,
        backbone: nn.Module | str | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.members = members
        self.learner = learner
        self.epochs = epochs
        self.objective = objective
        self.average = average
        self.temperature = temperature
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.flip = flip
        self.backbone = backbone
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train on examples `X` with labels `y` `(example,)`; `sample_weight` `(example,)` multiplies the losses."""
        X, y = validate_data(self, X, y, allow_nd=True, dtype=None)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes, and the labels name one class.")
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float32)
        rows = np.arange(len(codes)) if weights is None else np.flatnonzero(weights > 0)
        if len(np.unique(codes[rows])) < 2:
            raise ValueError("sample_weight leaves examples of one class only; two classes are needed.")
        examples = self._inputs(np.asarray(X))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        if weights is not None:
            weights = weights / weights[rows].mean()
        if self._by_networks(examples):
            self._train(examples, codes, rows, weights, seed)
        else:
            of_rows = None if weights is None else weights[rows]
            found = fit_regressions(
                np.asarray(examples[rows], np.float32), codes[rows], len(self.classes_),
                draws=max(FEWEST_DRAWS, self.members), weights=of_rows, through_noise=True, seed=seed,
            )  # fmt: skip
            self.networks_: list[Network] = list(found.networks)
        return self

    def _by_networks(self, examples: NDArray[np.generic]) -> bool:
        """Whether networks are trained on such examples."""
        of_networks = ("objective", "average", "epochs", "batch_size", "learning_rate")
        usual = {name: one.default for name, one in signature(AleatorClassifier).parameters.items()}
        asked = any(getattr(self, name) != usual[name] for name in of_networks)
        own = self.backbone is not None and not self._is_pretrained
        return examples.ndim != 2 or self.learner == "networks" or asked or own

    def _train(
        self,
        examples: NDArray[np.generic],
        codes: NDArray[np.int64],
        rows: NDArray[np.int64],
        weights: NDArray[np.float32] | None,
        seed: int,
    ) -> None:
        own = self.backbone if isinstance(self.backbone, nn.Module) else None
        named = None if self._is_pretrained else self.backbone
        name = CUSTOM if own is not None else named or ("mlp" if examples.ndim == 2 else "small_vgg")
        spec = NetworkSpec(str(name), tuple(examples.shape[1:]), len(self.classes_))
        with tempfile.TemporaryDirectory() as folder:
            device = pick_device(self.device)
            job = TrainingJob(spec, examples, codes.astype(np.int64), self._settings(len(rows)), device, weights, own)
            tasks = [Task(member_seed(seed, number), rows) for number in range(self.members)]
            members = fit_members(job, tasks, Path(folder))
            self.networks_ = [network_of_bytes(member.weights, own) for member in members]

    @property
    def _is_pretrained(self) -> bool:
        return isinstance(self.backbone, str) and is_pretrained(self.backbone)

    def _inputs(self, X: NDArray[Any]) -> NDArray[np.generic]:
        """What is learned from: vectors, pictures, or what the pretrained network makes of pictures."""
        if not self._is_pretrained:
            return _examples(X)
        source = source_of_array(X)
        network = open_backbone(str(self.backbone), kind_of(source), EmbedSettings(device=self.device))
        with tempfile.TemporaryDirectory() as folder:
            return np.array(embed_source(source, network, Path(folder), most_unreadable=0.0)[0])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Mean distribution of all members, `(example, class)`; columns as in `classes_`."""
        return self._prediction(X).probs

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The likeliest class of each example, `(example,)`."""
        chosen = self._prediction(X).probs.argmax(axis=1)
        return np.asarray(self.classes_[chosen])

    def predict_uncertainty(self, X: ArrayLike) -> dict[str, NDArray[np.float64]]:
        """`total`, `aleatoric` and `epistemic` in nats, `(example,)` each; the first is the sum of the others."""
        prediction = self._prediction(X)
        return {name: getattr(prediction, name) for name in ("total", "aleatoric", "epistemic")}

    def find_label_issues(self, X: ArrayLike, y: ArrayLike) -> pa.Table:
        """Audit the labels: the table of `labels.parquet`, with `verdict`, `p_mislabelled`, `suggested_label`, ...

        Networks of its own are trained; the classifier need not be fitted, and is not changed.
        """
        examples, labels = np.asarray(X), np.asarray(y)
        classes, codes = np.unique(labels, return_inverse=True)
        dataset = LabelledDataset(
            name="examples",
            path="examples",
            ids=np.arange(len(codes)).astype(str),
            source=source_of_array(examples),
            given_labels=codes.astype(np.int64),
            class_names=tuple(str(name) for name in classes),
        )
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with tempfile.TemporaryDirectory() as folder:
            settings = AuditSettings(seed=seed, device=self.device, members=max(2, self.members), flip=self.flip)
            found = audit(dataset, Path(folder) / "audit", settings)
            return found.labels

    def _settings(self, examples: int) -> TrainingSettings:
        epochs, batch_size = schedule(examples, 12, batch_size=self.batch_size, fewest_steps=400, most_epochs=100)
        return TrainingSettings(
            epochs=self.epochs or epochs,
            batch_size=batch_size,
            learning_rate=self.learning_rate,
            objective=self.objective,
            average=self.average,
            augmentation=Augmentation(flip=self.flip),
            optimizer="muon",
        )

    def _prediction(self, X: ArrayLike) -> EnsemblePrediction:
        check_is_fitted(self)
        examples = self._inputs(np.asarray(validate_data(self, X, reset=False, allow_nd=True, dtype=None)))
        wanted = self.networks_[0].spec.shape
        if tuple(examples.shape[1:]) != wanted:
            raise ValueError(f"Examples have shape {examples.shape[1:]}; the classifier was fitted on {wanted}.")
        device = pick_device(self.device)
        each = [
            predict_examples(folded(network), examples, flip=self.flip, device=device) for network in self.networks_
        ]
        mean, spread = (np.stack([getattr(one, name) for one in each]) for name in ("mean", "spread"))
        usual = 1.0 if self.networks_[0].spec.backbone == REGRESSION else 1.5
        return prediction_of(mean, spread, usual if self.temperature is None else self.temperature)


def _examples(X: NDArray[Any]) -> NDArray[np.generic]:
    """Feature vectors, or pictures as `(example, channel, height, width)`."""
    if X.dtype == object or X.dtype.kind in "US":
        X = X.astype(np.float64)
    source = source_of_array(X)
    if isinstance(source, FeatureArray):
        return source.values
    pixels = source.pixels  # type: ignore[union-attr]
    return np.ascontiguousarray(pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2))
