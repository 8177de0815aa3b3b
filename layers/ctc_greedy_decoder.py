"""CTCGreedyDecoder: the labels on the best path."""

from ..core import Array, Blobs, register
from ..kernels import gpu
from .families.ctc_decoder import CTCDecoderLayer, best_path


@register("CTCGreedyDecoder")
class CTCGreedyDecoder(CTCDecoderLayer):
    """labels = the best class of each step, without blanks and repetitions.

    bottom[0]  p (T, N, C): probabilities of C classes, one of them the blank, or their scores
    bottom[1]  optional: cont (T, N): a 0 after the first step ends a sequence
    bottom[2]  optional: the true labels (L, N), ended by a negative number
    top[0]     labels (N, T, 1, 1), -1 after the last of a sequence
    top[1]     optional: score of each sequence (N, 1, 1, 1), minus the sum of the best p
    top[-1]    with bottom[2], the second or third: accuracy (1, 1, 1, 1), 1 minus the mean of
               edit distance over the longer of the two sequences

    Of equal classes the first is best. Without ctc_merge_repeated, a class that repeats is so
    many labels. Has no backward pass.

    Prototxt: ctc_decoder_param { blank_index: -1 (the last class)  ctc_merge_repeated: true }
    Source: the CTCGreedyDecoderLayer of ChWick's Caffe, as in TextBoxes++.
    """

    def decode(self, p: Array) -> tuple[list[int], float]:
        return best_path(p, self.blank, self.merges)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return self.best_path_kernel(context, bottom)
