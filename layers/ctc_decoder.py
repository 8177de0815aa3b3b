"""CTCDecoder: the likeliest labels, or those on the best path."""

from ..core import Array, Blobs, Shape, register
from ..kernels import gpu
from ..proto.caffe_pb2 import CTCParameter
from .families.ctc_beam_decoder import CTCBeamDecoderLayer
from .families.ctc_decoder import best_path


class _Decoder(CTCBeamDecoderLayer):
    def setup(self, bottom_shapes: list[Shape]) -> None:
        super().setup(bottom_shapes)
        param = self.param.ctc_param
        if param.decode_type == CTCParameter.best_path_thres:
            raise self.error(
                "ctc_param.decode_type: best_path_thres is not there; use best_path or "
                "prefix_search"
            )
        searches = param.decode_type == CTCParameter.prefix_search
        self._searches = searches or not self.param.HasField("ctc_param")

    def decode(self, p: Array) -> tuple[list[int], float]:
        if self._searches:
            return super().decode(p)
        return best_path(p, self.blank, self.merges)

    def gpu_kernel(self, context: gpu.Context, bottom: Blobs, top: Blobs) -> gpu.Kernel | None:
        return None if self._searches else self.best_path_kernel(context, bottom)


@register("CTCDecoder")
class CTCDecoder(_Decoder):
    """labels = the likeliest sequence that a search finds, or that of the best path.

    bottom[0]  p (T, N, C): probabilities of C classes, one of them the blank, as of a Softmax
               with axis 2
    bottom[1]  optional: cont (T, N): a 0 after the first step ends a sequence
    top[0]     labels (N, T, 1, 1), -1 after the last of a sequence

    It is CTCBeamSearchDecoder without ctc_param or with prefix_search, CTCGreedyDecoder with
    best_path, and takes the bottoms and gives the tops that they do.

    Prototxt: ctc_decoder_param { beam_width: 10  blank_index: -1 (the last class)
                                  ctc_merge_repeated: true }
              ctc_param { decode_type: best_path or prefix_search }
    Source: Graves and Jaitly, "Towards End-To-End Speech Recognition with Recurrent Neural
            Networks", ICML 2014.
    """


@register("CtcDecoder")
class CtcDecoder(_Decoder):
    """labels = the likeliest sequence that a search finds, or that of the best path.

    CTCDecoder, written in another way.

    Prototxt: ctc_decoder_param { beam_width: 10  blank_index: -1 (the last class)
                                  ctc_merge_repeated: true }
              ctc_param { decode_type: best_path or prefix_search }
    """
