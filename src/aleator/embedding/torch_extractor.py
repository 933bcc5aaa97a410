"""Networks of PyTorch as extractors: the batch on the device, its precision, what is pooled."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from aleator.embedding.backbone import Kind
from aleator.embedding.extractor import Extractor, NetworkRecord, Trainable, try_one
from aleator.embedding.preprocessing import Preprocessing
from aleator.embedding.settings import EmbedSettings
from aleator.errors import AleatorError
from aleator.learning.devices import pick_device

BATCH_SIZES = {"cuda": 256}


def choose_precision(asked: str, device: torch.device) -> str:
    """bfloat16 where the device has units for it: newer GPUs, and processors with AMX. Elsewhere it is slower."""
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return "bfloat16" if device.type == "cpu" and has_amx() else "float32"


class TorchExtractor(Extractor):
    """A callable of PyTorch: pictures after their preprocessing, or whatever `prepare` and `collate` make of others."""

    def __init__(
        self,
        network: Callable[[Any], Any],
        record: NetworkRecord,
        settings: EmbedSettings,
        preprocessing: Preprocessing | None = None,
        architecture: dict[str, Any] | None = None,
    ) -> None:
        """`record`'s dimension is found by trying one example. A network that can be trained has an `architecture`:
        what its family makes it of again, beside its name."""
        self.architecture = architecture
        self.device = pick_device(settings.device)
        self.precision = choose_precision(settings.precision, self.device)
        self.network = _on_device(network, self.device)
        self.preprocessing = preprocessing
        self.batch_size = settings.batch_size or BATCH_SIZES.get(self.device.type, 32)
        if preprocessing is not None:
            self.decoded_side = 2 * preprocessing.longest
            shape = (1, preprocessing.channels, 1, 1)
            self.mean = torch.tensor(preprocessing.mean, device=self.device).view(shape) * 255
            self.std = torch.tensor(preprocessing.std, device=self.device).view(shape) * 255
        self.record = record
        self.record = replace(record, dimension=try_one(self), precision=self.precision)

    def prepare(self, example: Any) -> Any:
        if isinstance(example, Image.Image) and self.preprocessing is not None:
            return self.preprocessing.apply(example)
        return example

    def collate(self, prepared: Sequence[Any]) -> Any:
        """The batch that the network takes."""
        if self.record.kind == "texts":
            return list(prepared)
        batch = torch.from_numpy(np.stack(prepared)).to(self.device, non_blocking=True)
        if self.preprocessing is None:
            return batch
        return ((batch - self.mean) / self.std).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def vectors(self, prepared: Sequence[Any]) -> NDArray[np.float32]:
        batch = self.collate(prepared)
        try:
            with self._autocast():
                made = self.network(batch)
        except torch.OutOfMemoryError as error:
            raise AleatorError(
                f"{self.record.name} has no memory for {len(prepared)} examples at a time; give a smaller --batch-size."
            ) from error
        return pooled(made, len(prepared), self.record.name)

    def trainable(self) -> Trainable:
        if self.architecture is None or self.preprocessing is None or not isinstance(self.network, nn.Module):
            return super().trainable()
        return Trainable(self.network, self.preprocessing, self.architecture)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


def pooled(made: Any, examples: int, name: str) -> NDArray[np.float32]:
    """What a network made of a batch as vectors `(example, feature)`: the mean over the places of feature maps."""
    if isinstance(made, Tensor):
        made = made.detach().float().cpu().numpy()
    elif not isinstance(made, np.ndarray):
        raise AleatorError(f"{name} makes {type(made).__name__} of a batch; wanted is a tensor (example, feature).")
    if made.ndim == 4:
        made = made.mean(axis=(2, 3))
    if made.ndim != 2 or made.shape[0] != examples or made.shape[1] == 0:
        raise AleatorError(f"{name} makes {made.shape} of {examples} examples; wanted are vectors (example, feature).")
    return np.asarray(made, dtype=np.float32)


def _on_device(network: Callable[[Any], Any], device: torch.device) -> Callable[[Any], Any]:
    if not isinstance(network, nn.Module):
        return network
    network = network.eval().to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def record_of(name: str, kind: Kind, weights: str, preprocessing: Preprocessing | str | None) -> NetworkRecord:
    """A record whose dimension is not known yet."""
    return NetworkRecord(name, kind, weights, str(preprocessing or ""), 0)
