"""The ONNX graph says what the model says."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import aleator
from aleator.cli.export import export
from aleator.export.onnx import TOLERANCE, export_onnx, single_precision_prediction
from aleator.export.plain_operations import PlainExpectedSoftmax
from aleator.training.settings import TrainSettings
from aleator.uncertainty.gaussian_logits import log_expected_softmax
from tests.conftest import tiny_dataset
from tests.training.test_training import blobs


@pytest.mark.parametrize(("spread", "error"), [(0.01, 1e-6), (1.0, 1e-6), (2.0, 1e-6), (4.0, 2e-4)])
def test_plain_operations_give_the_expected_softmax(spread: float, error: float) -> None:
    generator = torch.Generator().manual_seed(0)
    mean = 4 * torch.randn(300, 7, generator=generator)
    spreads = spread * torch.rand(300, 7, generator=generator)
    exact = log_expected_softmax(mean.double(), spreads.double()).exp()
    assert (PlainExpectedSoftmax()(mean, spreads).exp() - exact).abs().max() < error


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["images", "features", "votes"])
def test_the_graph_agrees_with_the_model_for_any_number_of_examples(kind: str, tmp_path: Path) -> None:
    dataset = tiny_dataset(60) if kind == "images" else blobs()[0]
    labels = "votes" if kind == "votes" else "given"
    model = aleator.train(dataset, tmp_path / "model", TrainSettings(epochs=2, effort="quick", labels=labels))
    assert model.of_voters == (kind == "votes")
    assert export_onnx(model, tmp_path / "graph.onnx") < TOLERANCE
    random = np.random.default_rng(1)
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx", providers=["CPUExecutionProvider"])
    for count in (1, 3, 70):
        examples = (
            random.integers(0, 256, (count, 1, 16, 16), dtype=np.uint8)
            if kind == "images"
            else random.normal(size=(count, 8)).astype(np.float32)
        )
        probs, total, aleatoric, epistemic, unfamiliarity = session.run(None, {"examples": examples})
        wanted = single_precision_prediction(model, examples)
        assert np.abs(probs - wanted.probs).max() < TOLERANCE
        named = {"total": total, "aleatoric": aleatoric, "epistemic": epistemic, "unfamiliarity": unfamiliarity}
        for name, found in named.items():
            assert found == pytest.approx(getattr(wanted, name), abs=TOLERANCE, rel=TOLERANCE)
        assert np.abs(model.predict(examples).probs - wanted.probs).max() < 0.05  # half precision is that coarse
    proto = onnx.load(tmp_path / "graph.onnx")
    onnx.checker.check_model(proto)
    assert {one.key: one.value for one in proto.metadata_props}["class_names"] == "\n".join(dataset.class_names)
    assert not {node.op_type for node in proto.graph.node} & {"RandomNormal", "RandomUniform", "Dropout"}


def test_a_file_called_onnx_is_a_graph_whichever_option_names_it(tmp_path: Path) -> None:
    aleator.train(blobs()[0], tmp_path / "model", TrainSettings(epochs=1, effort="quick"))
    export(tmp_path / "model", onnx=tmp_path / "one.onnx")
    export(tmp_path / "model", output=tmp_path / "other.onnx")
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "other.onnx").read_bytes()
    with pytest.raises(aleator.AleatorError, match=r"folder of a model, .*aleator export --onnx FILE"):
        export(tmp_path / "model", output=tmp_path / "labels.csv")
