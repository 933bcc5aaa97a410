"""Small pictures of examples, for pages that load nothing."""

import base64
from functools import cache

from aleator.data.decoding import UnreadableImage
from aleator.data.images import thumbnail
from aleator.data.sources import ExampleSource, ImageSource


class Pictures:
    """Thumbnails as data addresses, each made once; None for what is no picture, or cannot be read."""

    def __init__(self, source: ExampleSource | None) -> None:
        self.source = source
        self.of = cache(self._make)

    def _make(self, row: int, side: int) -> str | None:
        if not isinstance(self.source, ImageSource):
            return None
        try:
            png = thumbnail(self.source, row, side)
        except UnreadableImage:
            return None
        return "data:image/png;base64," + base64.b64encode(png).decode()
