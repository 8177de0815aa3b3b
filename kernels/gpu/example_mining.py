"""ExampleMining: which priors of a batch a detector learns from."""

from collections.abc import Callable
from typing import Any

from ...core import Array
from .box_matching import BoxMatching
from .context import Context, threads_for
from .launch import Function, Launch

FILE = "example_mining.cu"


class ExampleMining:
    """Picks the priors of highest loss of each item, as Mining does it without nms_param.

    ratio        how many for each match
    most         how many in all, where matches have to be picked like all others; or None
    neg_overlap  priors whose nearest object overlaps by so much are no negatives
    likely       given how likely priors are something, those below are never picked
    """

    def __init__(
        self,
        context: Context,
        matching: BoxMatching,
        ratio: float,
        most: int | None,
        neg_overlap: float,
        likely: float,
    ):
        self._context, self._matching = context, matching
        self._ratio, self._most = float(ratio), most
        self._bounds = float(likely), float(neg_overlap)
        self._keys = context.zeros(matching.matches.size, "uint32")

    def pick(
        self,
        compiled: Callable[..., Function],
        threads: int,
        given: tuple[Any, ...],
        chances: Array | None,
    ) -> list[Launch]:
        """The launches after which all matches are LEFT_OUT that are not to be learned from.

        compiled  makes a function of a file, a name and macros
        threads   that the losses of all priors take
        given     what kernels of scores and locations begin with, see multibox_loss.py
        chances   (N, P, 2), how likely each prior is nothing, and something; or None
        """
        context, matching = self._context, self._matching
        macros = {"PICKS_MATCHES": int(self._most is not None)}
        find_losses, pick = (compiled(FILE, name, **macros) for name in ("find_losses", "pick"))
        bounds = matching.nearest, chances, *self._bounds
        numbers = matching.priors, self._ratio, self._most or 0
        return [
            *context.each(find_losses, "mining", threads, *given, *bounds, self._keys),
            *context.blocks(
                *(pick, "mining", matching.items, threads_for(matching.priors)),
                *(self._keys, *numbers, matching.matches),
            ),
        ]
