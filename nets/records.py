"""Which record of a database an error about an item of a batch is about."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..core import Blob, Layer
from ..proto import ConfigError


@contextmanager
def naming_records(
    layers: list[Layer], bottoms: list[list[Blob]], tops: list[list[Blob]]
) -> Iterator[None]:
    """Add to an error of a layer about an item which record that is, if a data layer knows."""
    try:
        yield
    except ConfigError as problem:
        if problem.item is None or problem.layer not in layers:
            raise
        source = _source_of_labels(layers.index(problem.layer), layers, bottoms, tops)
        describe = getattr(source, "describe_item", None)
        if describe is None:
            raise
        record = describe(problem.item)
        raise ConfigError(f"{problem} (item {problem.item} is {record})") from None


def _source_of_labels(
    i: int, layers: list[Layer], bottoms: list[list[Blob]], tops: list[list[Blob]]
) -> Layer:
    """The layer without bottoms that bottom[1] of layer number i, or its only one, comes from."""
    blobs = bottoms[i][:2]
    while blobs:
        i = max(j for j in range(i) if any(top is blobs[-1] for top in tops[j]))
        blobs = bottoms[i][:1]
    return layers[i]
