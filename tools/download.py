"""Fetch a data set, check its sums, go on where an earlier attempt broke off.

mnist      the four idx.gz files that `caffe convert_mnist` reads
cifar10    the binary version, unpacked to cifar-10-batches-bin for `caffe convert_cifar10`
"""

import gzip
import shutil
import tarfile
import tempfile
import zlib
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..proto import ConfigError
from .fetch import fetch
from .flags import FlagParser


@dataclass(frozen=True)
class Dataset:
    """Files by name with their SHA-256, and where on the net they lie."""

    mirrors: Sequence[str]
    files: Mapping[str, str]
    sums_are_of_contents: bool = False  # of the unzipped data: copies were zipped differently
    archive_folder: str = ""  # what the one file unpacks to


DATASETS = {
    "mnist": Dataset(
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ),
        files={
            "train-images-idx3-ubyte.gz": (
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
            ),
            "train-labels-idx1-ubyte.gz": (
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
            ),
        },
        sums_are_of_contents=True,
    ),
    "cifar10": Dataset(
        mirrors=("https://www.cs.toronto.edu/~kriz",),
        files={
            "cifar-10-binary.tar.gz": (
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
            )
        },
        archive_folder="cifar-10-batches-bin",
    ),
}


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "dataset", metavar="DATASET", choices=tuple(DATASETS), help="mnist, cifar10"
    )
    parser.add_flag("to", "", "the folder to put it in (default data/DATASET)")
    parser.add_flag("from", "", "a folder or URL that has the files (default: known mirrors)")


def run(flags: Namespace) -> int:
    """Bring every file that is not there already."""
    dataset = DATASETS[flags.dataset]
    source = vars(flags)["from"]
    folder = Path(flags.to or f"data/{flags.dataset}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in dataset.files.items():
        target = folder / name
        if _is_whole(target, digest, dataset):
            print(f"{target}: already here")
        elif source and "://" not in source:
            _copy(Path(source) / name, target, digest, dataset)
            print(f"{target}: copied")
        else:
            urls = [
                f"{mirror.rstrip('/')}/{name}"
                for mirror in ([source] if source else dataset.mirrors)
            ]
            fetch(urls, target, lambda path, digest=digest: _check(path, digest, dataset))
            print(f"{target}: fetched")
        if dataset.archive_folder:
            print(_unpack(target, dataset.archive_folder))
    return 0


def _is_whole(path: Path, digest: str, dataset: Dataset) -> bool:
    try:
        _check(path, digest, dataset)
    except (ConfigError, FileNotFoundError):
        return False
    return True


def _check(path: Path, digest: str, dataset: Dataset) -> None:
    """Raise ConfigError unless the file is the one whose sum is known."""
    found = sha256()
    try:
        with gzip.open(path) if dataset.sums_are_of_contents else path.open("rb") as file:
            while chunk := file.read(1 << 20):
                found.update(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise ConfigError(f"damaged: {problem}") from None
    if found.hexdigest() != digest:
        raise ConfigError(f"damaged: its SHA-256 is {found.hexdigest()}, not {digest}")


def _copy(source: Path, target: Path, digest: str, dataset: Dataset) -> None:
    if not source.is_file():
        raise ConfigError(f"no {source.name} in '{source.parent}'")
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, part)
    try:
        _check(part, digest, dataset)
    except ConfigError as problem:
        part.unlink()
        raise ConfigError(f"'{source}' is {problem}") from None
    part.replace(target)


def _unpack(archive: Path, folder: str) -> str:
    """Unpack the folder beside its archive, unless it is there; say what was done."""
    target = archive.with_name(folder)
    if target.exists():
        return f"{target}: already here"
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch, tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
        Path(scratch, folder).rename(target)
    return f"{target}: unpacked"
