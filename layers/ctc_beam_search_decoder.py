"""CTCBeamSearchDecoder: the likeliest labels, all paths that give them taken together."""

from ..core import register
from .families.ctc_beam_decoder import CTCBeamDecoderLayer


@register("CTCBeamSearchDecoder")
class CTCBeamSearchDecoder(CTCBeamDecoderLayer):
    """labels = the likeliest sequence that a search with beam_width prefixes finds.

    bottom[0]  p (T, N, C): probabilities of C classes, one of them the blank, as of a Softmax
               with axis 2
    bottom[1]  optional: cont (T, N): a 0 after the first step ends a sequence
    bottom[2]  optional: the true labels (L, N), ended by a negative number
    top[0]     labels (N, T, 1, 1), -1 after the last of a sequence
    top[1]     optional: score of each sequence (N, 1, 1, 1), minus the log of its probability
    top[-1]    with bottom[2], the second or third: accuracy (1, 1, 1, 1), 1 minus the mean of
               edit distance over the longer of the two sequences

    Without ctc_merge_repeated, a class that repeats is so many labels. Has no backward pass.

    Prototxt: ctc_decoder_param { beam_width: 10  blank_index: -1 (the last class)
                                  ctc_merge_repeated: true }
    Source: Graves and Jaitly, "Towards End-To-End Speech Recognition with Recurrent Neural
            Networks", ICML 2014.
    """
