"""RunningStatistics: means and variances that are remembered from batch to batch."""

from dataclasses import dataclass

from ...core import Blob


@dataclass(frozen=True)
class RunningStatistics:
    """Weights of a layer, one number for each channel, that a batch moves: keep old + share new.

    mean, variance
    weight    the sum of the shares (1), which they are divided by; None: nothing
    unbiased  whether a batch's variance counts times m / (m - 1), m numbers per channel
    """

    mean: Blob
    variance: Blob
    weight: Blob | None
    keep: float
    share: float
    unbiased: bool
