"""Choose how blobs lie in memory: channels-last where that is what the layers around want.

Measured, training is as fast so as in the tiles of oneDNN, within the noise, and looking at a
blob costs nothing: its array is a view with other strides.
"""

from collections.abc import Sequence

from ...core import Blob, Layout
from ..step import Step
from .groups import Groups


def choose_layouts(steps: Sequence[Step]) -> None:
    """Set channels_last on every blob of the steps.

    Blobs that must lie alike, as those of a layer that takes either layout, go together: they
    are channels-last if a layer wants it for one of them and none needs one of them plain. Those
    with fewer than three axes have no choice, and leave it to the others.
    """
    groups: Groups[Blob] = Groups()
    for step in steps:
        if step.runner.layout() is Layout.EITHER:
            groups.join([blob for blob in step.blobs if len(blob.shape) > 2])
    wanted, refused = set(), set()
    for step in steps:
        layout = step.runner.layout()
        for blob in step.blobs:
            if layout is Layout.PLAIN or len(blob.shape) < 3:
                refused.add(groups.of(blob))
            elif layout is Layout.CHANNELS_LAST and _has_an_order(blob):
                wanted.add(groups.of(blob))
    for step in steps:
        for blob in step.blobs:
            group = groups.of(blob)
            blob.channels_last = group in wanted and group not in refused


def _has_an_order(blob: Blob) -> bool:
    """Whether the layouts differ at all."""
    return blob.shape[1] > 1 and max(blob.shape[2:], default=1) > 1
