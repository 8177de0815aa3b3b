"""Images per second of the data layers, beside OpenCV's decoding alone and a plain Python loop.

python benchmarks/data.py ../shared/data/cifar10.zip [part of a name ...]

The zip holds JPEGs (train/CLASS/N.jpg); they are enlarged to 256 x 256, as ImageNet's are for
training, and cropped to 227 x 227, mirrored at random and freed of their mean. Contestants take
turns in one run, so that a busy machine slows all of them; medians of images per second, and
ratios to the first of them. Threads: OMP_NUM_THREADS, else one per processor.
"""

import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import lmdb
import numpy as np

THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
os.cpu_count = lambda: THREADS

from cortado.core import Blob  # noqa: E402
from cortado.data.db_writer import DatabaseWriter  # noqa: E402
from cortado.layers import create_layer  # noqa: E402
from cortado.proto import parse_text  # noqa: E402
from cortado.proto.caffe_pb2 import TRAIN, Datum, LayerParameter  # noqa: E402

TURNS = 7
IMAGES = 1024
BATCH = 64
SIZE, CROP = 256, 227
MEAN = (104, 117, 123)
TRANSFORM = " ".join(f"mean_value: {m}" for m in MEAN) + " mirror: true"

Contestants = dict[str, Callable[[], float]]  # seconds for IMAGES images


def main() -> None:
    """Print a table."""
    path, *wanted = sys.argv[1:] or ["../shared/data/cifar10.zip"]
    with tempfile.TemporaryDirectory() as folder:
        print(f"{THREADS} threads; images per second; ratio to the first")
        for name, contestants in cases(read_pictures(path), Path(folder)):
            if not wanted or any(part in name for part in wanted):
                print(name)
                for contestant, (rate, ratio) in take_turns(contestants()).items():
                    print(f"  {contestant:28} {rate:10.0f}  {ratio:6.2f} x")


def read_pictures(path: str) -> list[np.ndarray]:
    """The first images of the training set, in an order that mixes the classes."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.startswith("train/") and n.endswith(".jpg")]
        names.sort(key=lambda name: name.rpartition("/")[::-1])
        return [
            cv2.imdecode(np.frombuffer(archive.read(n), np.uint8), cv2.IMREAD_COLOR)
            for n in names[:IMAGES]
        ]


def cases(
    pictures: list[np.ndarray], folder: Path
) -> Iterator[tuple[str, Callable[[], Contestants]]]:
    """Name, and a function that gives the contestants."""
    large = [cv2.resize(p, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for p in pictures]
    jpegs = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in large]
    yield f"JPEGs of {SIZE} x {SIZE}, LMDB", lambda: of_jpegs(jpegs, folder)
    yield f"JPEGs of {SIZE} x {SIZE}, list of files", lambda: of_files(jpegs, folder)
    yield f"raw {SIZE} x {SIZE}, LMDB", lambda: of_raw(large, folder / "large", CROP)
    yield "raw 32 x 32, LMDB", lambda: of_raw(pictures, folder / "small", 28)


def of_jpegs(jpegs: list[bytes], folder: Path) -> Contestants:
    """A database of encoded images."""
    write(folder / "jpeg", [Datum(encoded=True, data=jpeg) for jpeg in jpegs])
    transform = f"{TRANSFORM} crop_size: {CROP}"
    return {
        "cv2.imdecode alone": lambda: decode_all(jpegs),
        "Data layer": layer_of(database(folder / "jpeg"), transform),
        "Data layer but for its copy": layer_of(database(folder / "jpeg"), transform, False),
        "Python loop, one thread": lambda: loop(decoded(jpegs), CROP),
    }


def of_files(jpegs: list[bytes], folder: Path) -> Contestants:
    """A list of image files."""
    lines = []
    for i, jpeg in enumerate(jpegs):
        (folder / f"{i}.jpg").write_bytes(jpeg)
        lines.append(f"{folder}/{i}.jpg {i % 10}\n")
    (folder / "list.txt").write_text("".join(lines))
    transform = f"{TRANSFORM} crop_size: {CROP}"
    source = f'"ImageData" image_data_param {{ source: "{folder}/list.txt" batch_size: {BATCH} }}'
    return {
        "cv2.imdecode alone": lambda: decode_all(jpegs),
        "ImageData layer": layer_of(source, transform),
        "ImageData but for its copy": layer_of(source, transform, False),
        "Python loop, one thread": lambda: loop(
            (cv2.imread(line.split()[0], cv2.IMREAD_COLOR) for line in lines), CROP
        ),
    }


def of_raw(pictures: list[np.ndarray], path: Path, crop: int) -> Contestants:
    """A database of images as they are."""
    c, h, w = planes = pictures[0].transpose(2, 0, 1).shape
    values = [np.ascontiguousarray(p.transpose(2, 0, 1)).tobytes() for p in pictures]
    write(path, [Datum(channels=c, height=h, width=w, data=value) for value in values])
    transform = f"{TRANSFORM} crop_size: {crop}"
    copy = shutil.copytree(path, path.with_suffix(".copy"))  # one path is opened once in a process
    images = [np.frombuffer(v, np.uint8).reshape(planes).transpose(1, 2, 0) for v in values]
    return {
        "lmdb alone, one thread": lambda: read_all(copy),
        "Data layer": layer_of(database(path), transform),
        "Data layer but for its copy": layer_of(database(path), transform, False),
        "Python loop, one thread": lambda: loop(images, crop),
    }


def write(path: Path, datums: list[Datum]) -> None:
    """Write a database."""
    with DatabaseWriter(path, "lmdb") as file:
        for i, datum in enumerate(datums):
            datum.label = i % 10
            file.put(f"{i:08}".encode(), datum.SerializeToString())


def database(path: Path) -> str:
    """The prototxt of a layer that reads it."""
    return f'"Data" data_param {{ source: "{path}" backend: LMDB batch_size: {BATCH} }}'


def layer_of(source: str, transform: str, copies: bool = True) -> Callable[[], float]:
    """Batches of a layer: how long they take when its threads are all at work.

    Or without the last thing that it does, copying a batch to its tops.
    """
    param = LayerParameter(name="data", top=["data", "label"], phase=TRAIN)
    parse_text(f"type: {source} transform_param {{ {transform} }}", param)
    layer, top = create_layer(param), [Blob(), Blob()]
    layer.prepare([], top)
    start = layer.state()
    ahead, prefetcher = param.data_param.prefetch, layer._prefetcher

    def take() -> None:
        prefetcher.give_back(prefetcher.take())

    def forward() -> None:
        layer.forward([], top)

    def run() -> float:
        step = forward if copies else take
        for _ in range(ahead):
            step()
        began = time.perf_counter()
        for _ in range(IMAGES // BATCH):
            step()
        spent = time.perf_counter() - began
        layer.restore(start)  # stops the threads
        return spent

    return run


def decode_all(jpegs: list[bytes]) -> float:
    """Decode all images on all threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.perf_counter()
        list(
            pool.map(lambda part: list(decoded(part)), [jpegs[i::THREADS] for i in range(THREADS)])
        )
        return time.perf_counter() - began


def decoded(jpegs: list[bytes]) -> Iterator[np.ndarray]:
    """The images in bytes."""
    for jpeg in jpegs:
        yield cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def read_all(path: Path) -> float:
    """Read every record into bytes with the package lmdb alone, one thread."""
    with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as t:
        began = time.perf_counter()
        for _ in t.cursor().iternext(keys=False):
            pass
        return time.perf_counter() - began


def loop(images: Any, crop: int) -> float:
    """What a script without Cortado does: crop, mirror, subtract the mean, stack."""
    rng = np.random.default_rng(1)
    mean = np.array(MEAN, np.float32)
    batch = np.empty((BATCH, 3, crop, crop), np.float32)
    began = time.perf_counter()
    for i, image in enumerate(images):
        top, left = rng.integers(image.shape[0] - crop + 1), rng.integers(image.shape[1] - crop + 1)
        part = image[top : top + crop, left : left + crop]
        if rng.random() < 0.5:
            part = part[:, ::-1]
        batch[i % BATCH] = (part.astype(np.float32) - mean).transpose(2, 0, 1)
    return time.perf_counter() - began


def take_turns(contestants: Contestants) -> dict[str, tuple[float, float]]:
    """Median images per second of each, and of its ratio to the first in the same turn.

    One turn before does not count.
    """
    rates = np.array(
        [[IMAGES / run() for run in contestants.values()] for _ in range(1 + TURNS)][1:]
    )
    ratios = rates / rates[:, :1]
    return dict(
        zip(contestants, zip(np.median(rates, 0), np.median(ratios, 0), strict=True), strict=True)
    )


if __name__ == "__main__":
    main()
