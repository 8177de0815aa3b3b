"""The likeliest label sequence under CTC, by prefix search with a beam.

Source: Graves and Jaitly, "Towards End-To-End Speech Recognition with Recurrent Neural Networks",
ICML 2014, without a language model.
"""

from collections import defaultdict
from math import inf, log

from ...core import Array

Prefix = tuple[int, ...]


def beam_search(p: Array, blank: int, width: int, merges: bool = True) -> tuple[list[int], float]:
    """Labels, and minus the log of their probability, given p (steps, C).

    Each step keeps the `width` likeliest prefixes. What paths give a prefix is kept apart by
    whether they end in a blank: only after one does a class that repeats start a new label.
    """
    beam: dict[Prefix, tuple[float, float]] = {(): (1.0, 0.0)}  # ends in blank; in a label
    scale = 0.0  # log of what the numbers in the beam were multiplied by
    for row in p.tolist():
        following: defaultdict[Prefix, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for prefix, (in_blank, in_label) in beam.items():
            both = in_blank + in_label
            following[prefix][0] += both * row[blank]
            if prefix and merges:
                following[prefix][1] += in_label * row[prefix[-1]]
            for k, chance in enumerate(row):
                if k != blank and chance:
                    repeats = merges and prefix[-1:] == (k,)
                    following[(*prefix, k)][1] += (in_blank if repeats else both) * chance
        best = sorted(following.items(), key=lambda item: -sum(item[1]))[:width]
        # Products of a thousand probabilities would vanish.
        largest = sum(best[0][1]) or 1.0
        scale += log(largest)
        beam = {prefix: (a / largest, b / largest) for prefix, (a, b) in best}
    labels, chances = max(beam.items(), key=lambda item: sum(item[1]))
    total = sum(chances)
    return list(labels), -(log(total) + scale) if total else inf
