"""sentence-transformers' networks for sentences."""

from typing import Any

from aleator.embedding.backbone import Backbone, Kind
from aleator.embedding.extractor import Extractor, NetworkRecord, Say, wrong_kind
from aleator.embedding.hub import from_cache_or_hub, hash_of_weights, missing_extra
from aleator.embedding.settings import EmbedSettings
from aleator.embedding.torch_extractor import TorchExtractor, record_of
from aleator.errors import AleatorError
from aleator.learning.devices import pick_device


def open_network(backbone: Backbone, kind: Kind, settings: EmbedSettings, say: Say) -> Extractor:
    """NAME is a model of the hub or a folder, and so are its `weights`."""
    if kind != "texts":
        raise wrong_kind(backbone.name, "texts", kind)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise missing_extra(backbone.name, "sentence-transformers", "text") from error
    if backbone.weights is not None and not backbone.weights.is_dir():
        raise AleatorError(
            f"The weights {backbone.weights} of {backbone.name} are no folder; wanted is the whole network, as "
            "SentenceTransformer.save leaves it."
        )
    place = backbone.network if backbone.weights is None else str(backbone.weights)

    def load(**options: Any) -> Any:
        return SentenceTransformer(place, device="cpu", **options)

    network = from_cache_or_hub(backbone.name, place, load, say, "network of sentence-transformers")
    reading = f"at most {network.max_seq_length} tokens"
    return _Sentences(network, record_of(backbone.name, "texts", hash_of_weights(network), reading), settings)


class _Sentences(TorchExtractor):
    def __init__(self, network: Any, record: NetworkRecord, settings: EmbedSettings) -> None:
        def encode(texts: list[str]) -> Any:
            return network.encode(texts, batch_size=len(texts), convert_to_tensor=True, show_progress_bar=False)

        network.to(pick_device(settings.device))
        super().__init__(encode, record, settings)
