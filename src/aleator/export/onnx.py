"""A model as one ONNX graph, from uint8 pictures to distributions and uncertainties, checked against PyTorch."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aleator.errors import DataError, MissingExtraError, ModelError
from aleator.export.plain_operations import PlainExpectedSoftmax
from aleator.files import check_target, write_whole
from aleator.learning.prediction import Predictions
from aleator.locks import only_one
from aleator.models.network import Network
from aleator.training.abstention import EnsemblePrediction, prediction_of
from aleator.training.familiarity import SHORTEST, Familiarity
from aleator.training.model import Model, members_say
from aleator.uncertainty.gaussian_logits import log_softmax_draws, spread_from_raw

TOLERANCE = 1e-4
"""Greatest difference from PyTorch in any output that is accepted."""
OUTPUTS = ("probabilities", "total", "aleatoric", "epistemic", "unfamiliarity")
CHECKED = 64


def export_onnx(model: Model, path: str | Path, *, force: bool = False) -> float:
    """Write the whole model as one graph, and return the greatest difference from PyTorch that was found.

    Input: `examples`, `(example, channel, height, width)` uint8, or `(example, feature)` float32. Outputs:
    `probabilities` `(example, class)`, `total`, `aleatoric`, `epistemic` `(example,)` in nats, and `unfamiliarity`.
    Nothing is drawn: the same input gives the same output. Class names, size and thresholds are in the metadata
    (`ambiguous_above` is for the entropy of `probabilities`).

    The graph computes in single precision, and so does the check; `Model.predict` computes in half precision where the
    processor does. Raises MissingExtraError without the extra, ModelError when graph and model differ.
    """
    try:
        import onnx
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"An ONNX graph needs {error.name}, which is not installed; run: pip install 'aleator[onnx]'"
        ) from error
    with only_one(Path(path), DataError):
        check_target(Path(path), force=force)
        proto, difference = _graph_of(model)
        write_whole(Path(path), lambda beside: onnx.save(proto, str(beside)))
    return difference


def _graph_of(model: Model) -> tuple[Any, float]:
    """The graph, and by how much it differs from the model."""
    import onnx
    import onnxruntime

    graph = Graph(model).eval()
    examples = _examples(model)
    program = torch.onnx.export(
        graph, (torch.from_numpy(examples[:2]),), dynamo=True, input_names=["examples"], output_names=list(OUTPUTS),
        dynamic_shapes={"examples": {0: torch.export.Dim("example", min=1)}}, verbose=False,
    )  # fmt: skip
    assert program is not None
    proto = program.model_proto
    onnx.helper.set_model_props(proto, _metadata(model))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    found = dict(zip(OUTPUTS, session.run(list(OUTPUTS), {"examples": examples}), strict=True))
    difference = _difference(found, single_precision_prediction(model, examples))
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The graph differs from the model by {difference:.1e}, more than {TOLERANCE:.0e}, and was not written: "
            "the spread of its logits is greater than the graph's nodes are made for."
        )
    return proto, difference


class Graph(nn.Module):
    """All members, their mirrored views and the decomposition as one module of plain operations."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network.cpu() for network in model.networks)
        self.flip = _flips(model)
        self.of_features = model.pretrained is not None
        self.temperature = model.rule.temperature
        self.expected_softmax = PlainExpectedSoftmax()
        self.familiarity = model.familiarity
        self.voters = model.of_voters

    def forward(self, examples: Tensor) -> tuple[Tensor, ...]:
        said = [_members_say(network, examples.float(), self.flip) for network in self.networks]
        expected = torch.stack([self.expected_softmax(mean, spread) for mean, spread, _ in said])
        log_probs = torch.log_softmax(expected / self.temperature, dim=2)
        total, disagreement = _total_and_epistemic(log_probs)
        epistemic = disagreement
        if self.voters:
            draws = torch.cat([log_softmax_draws(mean, spread) for mean, spread, _ in said])
            total, epistemic = _total_and_epistemic(draws)
        embeddings = [examples.float()] if self.of_features else [part[2] for part in said]
        unfamiliarity = disagreement if self.familiarity is None else _mean_distance(self.familiarity, embeddings)
        return log_probs.exp().mean(dim=0), total, total - epistemic, epistemic, unfamiliarity


def _total_and_epistemic(log_probs: Tensor) -> tuple[Tensor, Tensor]:
    """`information_theoretic` in plain operations, for log-probabilities `(draw, example, class)`."""
    probs = log_probs.exp()
    mean = probs.mean(dim=0)
    log_mean = mean.clamp(min=torch.finfo(torch.float32).tiny).log()
    epistemic = (probs * (log_probs - log_mean)).sum(dim=2).mean(dim=0).clamp(min=0)
    return -(mean * log_mean).sum(dim=1), epistemic


@torch.inference_mode()
def single_precision_prediction(model: Model, examples: NDArray[np.generic]) -> EnsemblePrediction:
    """What the model says of a few examples, computed by PyTorch in single precision throughout."""
    inputs = torch.from_numpy(np.asarray(examples)).float()
    said = [_members_say(network.cpu(), inputs, _flips(model)) for network in model.networks]
    each = [Predictions(*(part.numpy() for part in parts)) for parts in said]
    features = examples if model.pretrained is not None else None
    mean, spread, *distance = members_say(each, model.familiarity, features)
    return prediction_of(mean, spread, model.rule.temperature, *distance, voters=model.of_voters)


def _flips(model: Model) -> bool:
    """Whether a picture and its mirror image are looked at."""
    return model.card.settings.flip and model.kind == "images" and model.pretrained is None


def _members_say(network: nn.Module, examples: Tensor, flip: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and spread of the logits and the embedding, over a picture and its mirror image as prediction does it."""
    assert isinstance(network, Network)
    embeddings = [network.backbone(view) for view in ([examples, examples.flip(3)] if flip else [examples])]
    parts = [network.head.linear(embedding).chunk(2, dim=1) for embedding in embeddings]
    mean = torch.stack([part[0] for part in parts]).mean(dim=0)
    spread = torch.stack([spread_from_raw(part[1]) for part in parts]).mean(dim=0)
    return mean, spread, torch.stack(embeddings).mean(dim=0)


def _mean_distance(familiarity: Familiarity, embeddings: list[Tensor]) -> Tensor:
    """`Familiarity.distance` in plain operations, the mean over the members."""
    known = zip(torch.from_numpy(familiarity.centre), torch.from_numpy(familiarity.whitening), strict=True)
    each = [
        _length((one - centre) @ whitening) / _length(one).clamp(min=SHORTEST)
        for one, (centre, whitening) in zip(embeddings, known, strict=True)
    ]
    return torch.stack(each).mean(dim=0)


def _length(vectors: Tensor) -> Tensor:
    return vectors.square().sum(dim=1).sqrt()


def _examples(model: Model) -> NDArray[np.generic]:
    """Examples to check with: plain noise, and noise with large structures, which networks are surer of."""
    random = np.random.default_rng(0)
    shape = model.networks[0].spec.shape
    if len(shape) == 1:
        return random.normal(0, 2, (CHECKED, *shape)).astype(np.float32)
    coarse = random.integers(0, 256, (CHECKED // 2, shape[0], -(-shape[1] // 8), -(-shape[2] // 8)), dtype=np.uint8)
    large = coarse.repeat(8, axis=2).repeat(8, axis=3)[:, :, : shape[1], : shape[2]]
    fine = random.integers(0, 256, (CHECKED // 2, *shape), dtype=np.uint8)
    return np.concatenate([large, fine])


def _difference(found: dict[str, NDArray[np.float32]], wanted: EnsemblePrediction) -> float:
    """The greatest; relative where values exceed one, as distances do."""
    pairs = [(found["probabilities"], wanted.probs), *((found[name], getattr(wanted, name)) for name in OUTPUTS[1:])]
    return max(float((np.abs(one - other) / np.maximum(1, np.abs(other))).max()) for one, other in pairs)


def _metadata(model: Model) -> dict[str, str]:
    """What a user of the graph has to know, as text."""
    rule = model.rule
    return {
        "class_names": "\n".join(model.class_names),
        "ambiguous_above": repr(rule.ambiguous_above),
        "unfamiliar_above": repr(rule.unfamiliar_above),
        "conformal_threshold": repr(np.inf if rule.conformal_threshold is None else rule.conformal_threshold),
        "aleator_version": model.card.aleator_version,
    }
