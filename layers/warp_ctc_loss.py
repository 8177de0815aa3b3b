"""WarpCTCLoss: WarpCTC under two more names."""

from ..core import register
from .warp_ctc import WarpCTC


@register("WarpCTCLoss")
class WarpCTCLoss(WarpCTC):
    """loss = - sum_n log P(labels_n | x_n) / N, P summed over all alignments of the labels.

    WarpCTC, as other forks call it.

    Prototxt: ctc_loss_param { blank_label: 0 (or blank_index)  alphabet_size: C  time_step: T }
    """


@register("WarpCtcLoss")
class WarpCtcLoss(WarpCTC):
    """loss = - sum_n log P(labels_n | x_n) / N, P summed over all alignments of the labels.

    WarpCTC, written in another way.

    Prototxt: ctc_loss_param { blank_label: 0 (or blank_index)  alphabet_size: C  time_step: T }
    """
