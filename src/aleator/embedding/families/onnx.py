"""Any network as an ONNX graph, computed by onnxruntime."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import Extractor, NetworkRecord, Say, try_one, wrong_kind
from aleator.embedding.hub import missing_extra
from aleator.embedding.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import pooled
from aleator.errors import AleatorError
from aleator.files import file_digest

NUMBERS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
USUAL_SIDE = 224


def open_network(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    """FILE, or FILE#OUTPUT for one of several outputs.

    The graph takes `(example, channel, height, width)`, or channels last; uint8 as they are, floating point after
    ImageNet's mean and deviation unless another preprocessing is named.
    """
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise missing_extra(backbone.name, "onnxruntime", "onnx") from error
    name, _, output = backbone.network.partition("#")
    path = Path(name)
    if not path.is_file():
        raise AleatorError(f"The graph {path} is not there; wanted is onnx:FILE, or onnx:FILE#OUTPUT.")
    if backbone.weights is not None:
        raise AleatorError(f"{backbone.name} holds its weights itself; leave --weights out.")
    try:
        session = _session(str(path), settings.device)
    except Exception as error:  # onnxruntime's own errors have no base of their own
        raise AleatorError(f"{path} cannot be read as an ONNX graph: {str(error).splitlines()[0]}") from error
    return _Graph(session, path, output, backbone, kind, settings)


def _session(graph: str | bytes, device: str) -> Any:
    """Of a file, or of its content."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=_providers(device))


def _providers(device: str) -> list[str]:
    import onnxruntime

    there: list[str] = onnxruntime.get_available_providers()
    wanted = "CUDAExecutionProvider"
    if device.startswith("cuda") and wanted not in there:
        raise AleatorError(
            f"device {device!r} cannot be used for an ONNX graph: onnxruntime has no CUDA here (onnxruntime-gpu has)."
        )
    return [wanted, "CPUExecutionProvider"] if wanted in there and device != "cpu" else ["CPUExecutionProvider"]


class _Graph(Extractor):
    def __init__(
        self, session: Any, path: Path, output: str, backbone: Backbone, kind: Kind, settings: EmbedSettings
    ) -> None:
        self.session, self.name, self.path, self.device = session, backbone.name, path, settings.device
        inputs = session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type not in NUMBERS:
            described = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
            raise AleatorError(
                f"{self.name} takes {described}; wanted is one input of pictures, (example, channel, height, width) "
                "float or uint8. For texts, name a network of hf: or sentence-transformers:."
            )
        if kind != "images":
            raise wrong_kind(self.name, "images", kind)
        shape, self.input, self.number = inputs[0].shape, inputs[0].name, NUMBERS[inputs[0].type]
        self.fixed_batch = shape[0] if isinstance(shape[0], int) else None
        self.output = _output(session, output, self.name)
        self.batch_size = settings.batch_size or 32
        self.preprocessing, self.channels_last = _preprocessing(shape, backbone)
        self.decoded_side = 2 * self.preprocessing.longest
        mean, std = self.preprocessing.mean, self.preprocessing.std
        self.mean, self.std = (np.array(one, np.float32)[:, None, None] * 255 for one in (mean, std))
        self.record = NetworkRecord(self.name, kind, file_digest(path), f"{self.preprocessing} {self.output}", 0)
        self.record = replace(self.record, dimension=try_one(self))

    def __getstate__(self) -> dict[str, Any]:
        """Sent to another process: the graph in the place of the session."""
        return {**vars(self), "session": self.path.read_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.session = _session(state["session"], self.device)

    def prepare(self, example: Any) -> Any:
        values: NDArray[Any] = self.preprocessing.apply(example)
        if self.number is not np.uint8:
            values = ((values - self.mean) / self.std).astype(self.number)
        return values.transpose(1, 2, 0) if self.channels_last else values

    def vectors(self, prepared: Sequence[Any]) -> NDArray[np.float32]:
        batch = np.stack(prepared)
        size = self.fixed_batch or len(batch)
        parts = []
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            filled = np.concatenate([part, np.repeat(part[-1:], size - len(part), axis=0)])
            made = np.asarray(self.session.run([self.output], {self.input: filled})[0])
            parts.append(self._averaged(made)[: len(part)])
        return pooled(np.concatenate(parts), len(batch), self.name)

    def _averaged(self, made: NDArray[Any]) -> NDArray[Any]:
        """The mean of tokens `(example, token, feature)`, or over places with channels last; `pooled` does others."""
        over = (1,) if made.ndim == 3 else (1, 2) if made.ndim == 4 and self.channels_last else ()
        return np.asarray(made.mean(axis=over)) if over else made


def _output(session: Any, asked: str, name: str) -> str:
    """The output of vectors: the one that is asked for, or the only one."""
    names = [one.name for one in session.get_outputs()]
    if asked and asked not in names:
        raise AleatorError(f"{name}: the graph has no output {asked!r}; it has {', '.join(names)}.")
    if not asked and len(names) > 1:
        raise AleatorError(f"{name} has the outputs {', '.join(names)}; say which holds the features: {name}#OUTPUT.")
    return asked or names[0]


def _preprocessing(shape: list[Any], backbone: Backbone) -> tuple[Preprocessing, bool]:
    """What the graph's input says of its pictures, and whether channels come last."""
    last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    channels, height, width = (shape[3], shape[1], shape[2]) if last else (shape[1], shape[2], shape[3])
    if channels not in (1, 3):
        raise AleatorError(f"{backbone.name} takes pictures of {channels} channels; wanted are 1 (grey) or 3 (colour).")
    sides = [side if isinstance(side, int) else None for side in (height, width)]
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if channels == 3 else ((0.5,), (0.5,))
    asked = backbone.seen(Preprocessing(sides[0] or USUAL_SIDE, sides[1] or USUAL_SIDE, mean=mean, std=std))
    if asked.channels != channels or sides[0] not in (None, asked.height) or sides[1] not in (None, asked.width):
        raise AleatorError(
            f"{backbone.name} takes {channels} channels of {height}x{width} pixels, not {asked.channels} of "
            f"{asked.height}x{asked.width}."
        )
    return asked, last
