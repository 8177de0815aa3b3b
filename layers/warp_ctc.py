"""WarpCTC: CTCLoss by the name of the library that some forks compute it with."""

from ..core import register
from .families.ctc_loss import CTCLossLayer


@register("WarpCTC")
class WarpCTC(CTCLossLayer):
    """loss = - sum_n log P(labels_n | x_n) / N, P summed over all alignments of the labels.

    bottom[0]  x (T, N, C): scores of C classes, one of them the blank; a softmax is inside
    bottom[1]  labels (N, L): blanks are skipped, a negative number ends a sequence
    top[0]     loss, shape ()

    It takes what CTCLoss takes; but blank is 0 by default.

    Prototxt: ctc_loss_param { blank_label: 0 (or blank_index)  alphabet_size: C  time_step: T }
    Source: Graves et al., "Connectionist Temporal Classification", ICML 2006; Baidu's warp-ctc.
    """
