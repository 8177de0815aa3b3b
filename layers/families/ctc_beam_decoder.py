"""CTCBeamDecoderLayer: what CTCBeamSearchDecoder and CTCDecoder share."""

from ...core import Array, Shape
from .ctc_beam_search import beam_search
from .ctc_decoder import CTCDecoderLayer


class CTCBeamDecoderLayer(CTCDecoderLayer):
    """labels = the likeliest sequence that a search with beam_width prefixes finds.

    bottom[0]  p (T, N, C): probabilities of C classes, one of them the blank
    """

    def setup(self, bottom_shapes: list[Shape]) -> None:
        super().setup(bottom_shapes)
        self._width = self.param.ctc_decoder_param.beam_width
        if self._width < 1:
            raise self.error("ctc_decoder_param.beam_width must be at least 1, got 0")

    def decode(self, p: Array) -> tuple[list[int], float]:
        if p.size and not (p.min() >= 0 and abs(p.sum(axis=1) - 1).max() < 1e-3):
            raise self.error(
                "bottom[0] must be probabilities, which add up to 1 over the classes; put a "
                "Softmax with axis 2 above"
            )
        return beam_search(p, self.blank, self._width, self.merges)
