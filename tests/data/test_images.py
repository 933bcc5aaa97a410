"""Pictures of any size and colour arrive as one array; what cannot be decoded is named."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from aleator.data.decoding import UnreadableImage, upright
from aleator.data.images import Geometry, choose_geometry, load_pixels, thumbnail
from aleator.data.sources import ImageArray, ImageBytes, ImageFiles
from aleator.errors import DataError
from tests.data.more_forms import planes_apart, png_of_16_bits, tiff_of_16_bits


def files(root: Path, images: list[Image.Image]) -> ImageFiles:
    for number, image in enumerate(images):
        image.save(root / f"{number}.png")
    return ImageFiles(root, tuple(f"{number}.png" for number in range(len(images))))


def test_geometry_is_the_median_side_in_grey_unless_there_is_colour(tmp_path: Path) -> None:
    grey = [Image.new("RGB", (size, 30), (9, 9, 9)) for size in (40, 50, 500)]
    geometry = choose_geometry(files(tmp_path, grey))
    assert (geometry.height, geometry.width, geometry.channels) == (48, 48, 1)
    colourful = files(tmp_path, [*grey, Image.new("RGB", (50, 50), (200, 10, 10))])
    assert choose_geometry(colourful).channels == 3
    assert choose_geometry(colourful, max_side=32).height == 32


def test_modes_are_seen_as_a_person_sees_them(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert upright(clear).getpixel((0, 0)) == (255, 255, 255)
    deep = Image.fromarray(np.full((4, 4), 65535, dtype=np.uint16))
    assert files(tmp_path, [deep]).load(0).getpixel((0, 0)) == 255
    assert upright(Image.new("CMYK", (4, 4))).mode == "RGB"
    assert upright(Image.new("1", (4, 4))).mode == "L"


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_colours_of_16_bits_are_read_whole(tmp_path: Path, channels: int, bits: int) -> None:
    """Pillow keeps the upper 8 bits of each: of 12 bits that is 0 to 15."""
    random = np.random.default_rng(bits)
    numbers = random.integers(0, 1 << bits, (4, 6, 5, channels))
    opaque = np.ones((4, 6, 5, 1))
    if channels != 3:
        numbers[..., -1] = random.integers(0, 1 << 16, (4, 6, 5))
        opaque = numbers[..., -1:] / 65535
    colours = numbers if channels == 3 else numbers[..., :-1]
    wanted = np.round(np.round(colours / ((1 << bits) - 1) * 255) * opaque + 255 * (1 - opaque))
    encoders = (
        [png_of_16_bits] if channels == 2 else [png_of_16_bits, tiff_of_16_bits, lambda one: tiff_of_16_bits(one, ">")]
    )
    for encode in encoders[: 1 if channels == 4 else 3]:
        source = ImageBytes(pa.array([encode(one) for one in numbers], pa.large_binary()))
        assert source.scaling() is not None
        for row, picture in enumerate(wanted):
            assert np.array_equal(np.asarray(source.load(row)), picture.squeeze())


def test_16_bits_with_their_colours_apart_are_refused(tmp_path: Path) -> None:
    """Pillow takes them for 8 bits, and shows noise."""
    planes_apart(tmp_path)
    with pytest.raises(UnreadableImage, match="whose colours lie apart; save it with them together"):
        ImageFiles(tmp_path, ["cat/0.tif"]).load(0)


def test_aspect_is_kept(tmp_path: Path) -> None:
    wide = np.zeros((20, 40), dtype=np.uint8)
    wide[:, 20:] = 255
    pixels, unreadable = load_pixels(files(tmp_path, [Image.fromarray(wide)]), Geometry(16, 16, 1, ""))
    assert unreadable == []
    assert pixels.shape == (1, 1, 16, 16)
    assert pixels[0, 0, 8, :6].max() < 20
    assert pixels[0, 0, 8, 10:].min() > 235


def test_an_unreadable_picture_is_named_and_many_are_an_error(tmp_path: Path) -> None:
    source = files(tmp_path, [Image.new("L", (16, 16))] * 20)
    (tmp_path / "3.png").write_bytes(b"this is no picture")
    pixels, unreadable = load_pixels(source, Geometry(16, 16, 1, ""))
    assert pixels.shape[0] == 20
    assert [row for row, _ in unreadable] == [3]
    assert "cannot be decoded" in unreadable[0][1]
    for number in (4, 5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"3 of 20 pictures cannot be read.*3\.png cannot be decoded"):
        load_pixels(source, Geometry(16, 16, 1, ""))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [(10_000, 9_000), (20_000, 10_000)])
def test_an_absurdly_large_picture_is_refused_before_it_is_decoded(tmp_path: Path, side: tuple[int, int]) -> None:
    Image.new("1", side).save(tmp_path / "0.png")
    with pytest.raises(UnreadableImage, match="larger than 80 million pixels"):
        ImageFiles(tmp_path, ("0.png",)).load(0)


def test_what_does_not_fit_into_memory_goes_to_a_file(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (6, 20, 20), dtype=np.uint8)
    mapped, _ = load_pixels(
        ImageArray(pictures), Geometry(16, 16, 1, ""), cache=tmp_path / "cache.npy", memory_limit=100
    )
    whole, _ = load_pixels(ImageArray(pictures), Geometry(16, 16, 1, ""))
    assert isinstance(mapped, np.memmap)
    assert np.array_equal(mapped, whole)


def test_thumbnail_is_a_small_png() -> None:
    png = thumbnail(ImageArray(np.zeros((1, 300, 200), dtype=np.uint8)), 0, 64)
    assert png.startswith(b"\x89PNG")
    assert len(png) < 500


def test_large_photographs_are_measured_whole_though_decoded_small(tmp_path: Path) -> None:
    photo = Image.new("RGB", (1600, 1200), (200, 30, 30))
    photo.save(tmp_path / "0.jpg")
    source = ImageFiles(tmp_path, ("0.jpg",))
    assert source.longer_side(0) == 1600
    assert max(source.load(0, draft=128).size) < 400
    assert "1600 pixels; colour" in choose_geometry(source).reason


def test_a_picture_lying_on_its_side_is_turned_by_its_tag(tmp_path: Path) -> None:
    sky = np.zeros((8, 16), dtype=np.uint8)
    sky[:, :8] = 255
    tag = Image.Exif()
    tag[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    Image.fromarray(sky).save(tmp_path / "0.png", exif=tag)
    upright_picture = np.asarray(ImageFiles(tmp_path, ("0.png",)).load(0))
    assert upright_picture.shape == (16, 8)
    assert upright_picture[:8].min() == 255
    assert upright_picture[8:].max() == 0
