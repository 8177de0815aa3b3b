"""ExampleMining: which priors of a batch a detector learns from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...core import Array
from .box_matching import BoxMatching
from .context import Context, threads_for
from .launch import Function, Launch

FILE = "example_mining.cu"


@dataclass(frozen=True)
class Thinning:
    """Whether a prior is picked that overlaps one of higher loss.

    threshold  not if by more
    top_k      how many of the highest losses are looked at; None for all
    predicts   whether boxes are those that locations predict, not the priors
    """

    threshold: float
    top_k: int | None
    predicts: bool


class ExampleMining:
    """Picks the priors of highest loss of each item, as Mining does it.

    ratio        how many for each match
    most         how many in all, where matches have to be picked like all others; or None
    neg_overlap  priors whose nearest object overlaps by so much are no negatives
    likely       given how likely priors are something, those below are never picked
    thinning     None where boxes may overlap
    """

    def __init__(
        self,
        context: Context,
        matching: BoxMatching,
        *,
        ratio: float,
        most: int | None,
        neg_overlap: float,
        likely: float,
        thinning: Thinning | None,
    ):
        self._context, self._matching = context, matching
        self._wanted = float(ratio), most or 0
        self._macros = {"PICKS_MATCHES": int(most is not None)}
        self._bounds = float(likely), float(neg_overlap)
        self._keys = context.zeros(matching.matches.size, "uint32")
        self._thinning = thinning
        if thinning:
            top_k = matching.priors if thinning.top_k is None else thinning.top_k
            self._room = min(top_k, matching.priors)
            count = matching.items * self._room
            self._space = (
                context.zeros(count, "uint64"),
                *(context.zeros(4 * count), context.zeros(count)),
            )

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
        compiled = partial(compiled, FILE, **self._macros)
        bounds = matching.nearest, chances, *self._bounds
        numbers = matching.priors, *self._wanted, matching.matches
        return [
            *context.each(
                *(compiled("find_losses"), "mining", threads, *given, *bounds, self._keys)
            ),
            *self._thin_out(compiled, given),
            *self._by_item(compiled("pick"), self._keys, *numbers),
        ]

    def _thin_out(self, compiled: Callable[..., Function], given: tuple[Any, ...]) -> list[Launch]:
        thinning = self._thinning
        if not thinning:
            return []
        rule = thinning.predicts, float(thinning.threshold), self._room
        arrays = *self._space, self._keys
        return self._by_item(compiled("thin_out"), *given, *self._wanted, *rule, *arrays)

    def _by_item(self, function: Function, *arguments: Any) -> list[Launch]:
        threads = threads_for(self._matching.priors)
        return self._context.blocks(function, "mining", self._matching.items, threads, *arguments)
