"""CTCLoss: labels of a sequence without knowing when each of them occurs."""

from ..core import register
from .families.ctc_loss import CTCLossLayer


@register("CTCLoss")
class CTCLoss(CTCLossLayer):
    """loss = - sum_n log P(labels_n | x_n) / N, P summed over all alignments of the labels.

    bottom[0]  x (T, N, C): scores of C classes, one of them the blank; a softmax is inside
    bottom[1]  cont (T, N): a 0 after the first step ends a sequence
    bottom[2]  labels (L, N), ended by a negative number; a sequence without any is left out
    top[0]     loss, shape ()

    Or 2 bottoms, x and labels (N, L), in which blanks are skipped, all sequences having T steps;
    or 4: x, steps of each sequence (N), number of its labels (N), labels (L, N).

    An alignment has a class or the blank at each step; a class that repeats without a blank in
    between is one label, or several without ctc_merge_repeated. output_delay steps at the start
    are passed over. With preprocess_collapse_repeated, labels that repeat count once. A sequence
    too short for its labels counts for nothing, with a warning. The gradient is the fork's, which
    is not divided by N: it is that of N times the loss.

    Prototxt: ctc_loss_param { blank_index: -1 (the last class)  output_delay: 0
                               preprocess_collapse_repeated: false  ctc_merge_repeated: true }
              loss_calculation_t is accepted and has no effect.
    Source: Graves et al., "Connectionist Temporal Classification", ICML 2006; the CTCLossLayer
            of ChWick's Caffe, as in TextBoxes++.
    """

    default_blank = -1


@register("CtcLoss")
class CtcLoss(CTCLossLayer):
    """loss = - sum_n log P(labels_n | x_n) / N, P summed over all alignments of the labels.

    bottom[0]  x (T, N, C): scores of C classes, one of them the blank; a softmax is inside
    bottom[1]  labels (N, L): blanks are skipped, a negative number ends a sequence
    top[0]     loss, shape ()

    All sequences have time_step steps. It is the CTCLoss of another fork, and takes what that
    takes; but blank is 0 by default.

    Prototxt: ctc_loss_param { blank_label: 0  alphabet_size: C  time_step: T }
    Source: Graves et al., "Connectionist Temporal Classification", ICML 2006; warpctc-caffe.
    """
