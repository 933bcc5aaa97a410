"""Approximate neighbours by faiss, as a program of its own:

    python faiss_program.py build VECTORS FOLDER COUNT THREADS
    python faiss_program.py search VECTORS FOLDER COUNT THREADS INDEX LISTS TIMES

torch and faiss in one process bring two OpenMP libraries, which on macOS and Windows ends it. So this file imports
nothing of the project, and both sides meet in files. Vectors (.npy) are directions `(example, feature)` of length one
in half precision. `build` leaves an index of them in the folder, `index.faiss`, and in `look_into.npy` where in it to
look for COUNT neighbours of each; lines on stdout tell how many of the vectors it has put there. `search`, called with
that index as one array of bytes (.npy), leaves `rows.npy` and `similarity.npy` `(example, COUNT)` of its vectors, the
most similar first, -1 where there are fewer. An example of the index is among its own.
"""

import mmap
import sys
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

LISTS_MOST, EXAMPLES_A_LIST, TRAINED_A_LIST, KMEANS_STEPS = 4096, 128, 40, 6
"""Examples are put into so many lists by k-means; a search looks into the nearest of them."""
MOST_CODES = 256
"""Of 4 bits each, for two features if there are no more than 512."""
ASKED, TARGET = 400, 0.98
"""So many examples' neighbours are also found exactly: the search looks at more until it finds this share of them."""
STEPS = ((16, 4), (32, 4), (64, 5), (128, 6), (256, 8), (512, 12), (1024, 16), (4096, 24))
"""Lists to look into, and how many times more candidates than neighbours are compared in half precision."""
BLOCK = 16_384
SEARCHED_AT_ONCE = 2_048
"""faiss keeps tables of each example that is asked: of 16,384 they take a gigabyte, and a third more time."""


def build(path: Path, folder: Path, count: int, threads: int) -> None:
    vectors: Any = np.load(path, mmap_mode="r")
    examples, features = vectors.shape
    codes = min(MOST_CODES, (features + 1) // 2)
    width = -(-features // codes) * codes
    lists = int(np.clip(examples // EXAMPLES_A_LIST, 1, LISTS_MOST))

    def padded(rows: Any) -> NDArray[np.float32]:
        return _padded(vectors, rows, width)

    faiss.omp_set_num_threads(1)  # k-means by several threads may differ in the last bit
    recipe = f"RR{width},IVF{lists},PQ{codes}x4fs,Refine(SQfp16)"
    index: Any = faiss.index_factory(width, recipe, faiss.METRIC_INNER_PRODUCT)
    inner = faiss.extract_index_ivf(index)
    inner.cp.niter, inner.cp.min_points_per_centroid = KMEANS_STEPS, 1
    inner.cp.max_points_per_centroid = TRAINED_A_LIST
    random = np.random.default_rng(0)
    some = np.sort(random.choice(examples, min(examples, max(lists * TRAINED_A_LIST, 10_000)), replace=False))
    index.train(padded(some))
    faiss.omp_set_num_threads(threads)  # from here on each example is on its own
    for start in range(0, examples, BLOCK):
        index.add(padded(slice(start, start + BLOCK)))
        print(start, flush=True)

    asked = np.sort(random.choice(examples, min(ASKED, examples), replace=False))
    exact = _exact(padded, padded(asked), examples, count)
    for look_into, candidates in STEPS:
        _look(index, min(look_into, lists), candidates)
        found = index.search(padded(asked), count)[1]
        recall = np.mean([len(np.intersect1d(one, other)) for one, other in zip(found, exact, strict=True)]) / count
        if recall >= TARGET:
            break
    print(f"{look_into} lists, {candidates} times the candidates: recall {recall:.3f}", file=sys.stderr)
    faiss.write_index(index, str(folder / "index.faiss"))
    np.save(folder / "look_into.npy", np.array([min(look_into, lists), candidates]))


def search(path: Path, folder: Path, count: int, threads: int, at: Path, look_into: int, candidates: int) -> None:
    faiss.omp_set_num_threads(threads)
    with at.open("rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        read: Any = faiss
        index: Any = faiss.read_index(read.PyCallbackIOReader(file.read))
    _look(index, look_into, candidates)
    vectors: Any = np.load(path, mmap_mode="r")
    similarity = np.empty((len(vectors), count), np.float32)
    rows = np.empty((len(vectors), count), np.int64)
    for start in range(0, len(vectors), SEARCHED_AT_ONCE):
        block = slice(start, start + SEARCHED_AT_ONCE)
        similarity[block], rows[block] = index.search(_padded(vectors, block, index.d), count)
    np.save(folder / "similarity.npy", similarity)
    np.save(folder / "rows.npy", rows)


def _look(index: Any, lists: int, candidates: int) -> None:
    faiss.extract_index_ivf(index).nprobe, index.k_factor = lists, candidates


def _padded(vectors: Any, rows: Any, width: int) -> NDArray[np.float32]:
    some = vectors[rows]
    result = np.zeros((len(some), width), dtype=np.float32)
    result[:, : vectors.shape[1]] = some
    if hasattr(mmap, "MADV_DONTNEED"):  # what was read is not held any longer; the file has it
        vectors._mmap.madvise(mmap.MADV_DONTNEED)
    return result


def _exact(padded: Any, asked: NDArray[np.float32], examples: int, count: int) -> NDArray[np.int64]:
    """The most similar of all, `(asked, count)`."""
    best, rows = np.empty((len(asked), 0), np.float32), np.empty((len(asked), 0), np.int64)
    for start in range(0, examples, BLOCK):
        block = asked @ padded(slice(start, start + BLOCK)).T
        best = np.concatenate([best, block], axis=1)
        rows = np.concatenate([rows, np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)], axis=1)
        kept = np.argpartition(-best, count - 1, axis=1)[:, :count]
        best, rows = np.take_along_axis(best, kept, axis=1), np.take_along_axis(rows, kept, axis=1)
    return rows


if __name__ == "__main__":
    work, path, folder, count, threads, *more = sys.argv[1:]
    if work == "build":
        build(Path(path), Path(folder), int(count), int(threads))
    else:
        search(Path(path), Path(folder), int(count), int(threads), Path(more[0]), int(more[1]), int(more[2]))
