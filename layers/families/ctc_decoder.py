"""CTCDecoderLayer: what the layers that read label sequences off class scores share."""

from abc import abstractmethod

import numpy as np

from ...core import Array, Blobs, Layer, Shape
from ...kernels import gpu


class CTCDecoderLayer(Layer):
    """The labels of each sequence, from the probabilities of the classes at each step.

    bottom[0]  p (T, N, C): probabilities of C classes, the blank among them
    bottom[1]  optional: cont (T, N): a 0 after the first step ends a sequence
    bottom[2]  optional: the true labels (L, N), ended by a negative number
    top[0]     labels (N, T, 1, 1), -1 after the last of a sequence
    top[1]     optional: score of each sequence (N, 1, 1, 1), where low is sure
    top[-1]    with bottom[2], from the second top on: accuracy (1, 1, 1, 1)

    The accuracy is 1 minus the mean of edit distance over the longer of the two sequences.
    A subclass decodes one sequence.
    """

    bottom_count = range(1, 4)
    top_count = range(1, 4)

    @abstractmethod
    def decode(self, p: Array) -> tuple[list[int], float]:
        """Labels and score of the sequence that p (steps, C) tells of."""

    def check_wiring(self, bottoms: int, tops: int) -> None:
        self.top_count = range(1, 4 if bottoms == 3 else 3)
        super().check_wiring(bottoms, tops)
        self._tells_accuracy = bottoms == 3 and tops > 1
        self._tells_score = tops == (3 if bottoms == 3 else 2)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        self._check_bottoms(bottom_shapes)
        classes, blank = bottom_shapes[0][2], self.param.ctc_decoder_param.blank_index
        if not -1 <= blank < classes:
            raise self.error(
                f"ctc_decoder_param.blank_index: {blank} must be a class, in [0, {classes}), or "
                "-1 for the last"
            )
        self.blank = blank % classes
        self.merges = self.param.ctc_decoder_param.ctc_merge_repeated

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._check_bottoms(bottom_shapes)
        steps, count = bottom_shapes[0][:2]
        shapes: list[Shape] = [(count, steps, 1, 1)]
        if self._tells_score:
            shapes.append((count, 1, 1, 1))
        if self._tells_accuracy:
            shapes.append((1, 1, 1, 1))
        return shapes

    def allows_force_backward(self, index: int) -> bool:
        return False

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        steps, count, classes = bottom[0].shape[:3]
        p = bottom[0].data.reshape(steps, count, classes)
        ends = np.full(count, steps)
        if len(bottom) > 1:
            stops = bottom[1].data.reshape(steps, count)[1:] < 0.5
            ends = np.where(stops.any(axis=0), stops.argmax(axis=0) + 1, steps)
        found = [self.decode(p[:end, n]) for n, end in enumerate(ends)]
        sequences = top[0].data.reshape(count, steps)
        sequences[...] = -1
        for row, (labels, _) in zip(sequences, found, strict=True):
            row[: len(labels)] = labels
        if self._tells_score:
            top[1].data[...] = np.reshape([score for _, score in found], (count, 1, 1, 1))
        if self._tells_accuracy:
            truth = bottom[2].data.reshape(bottom[2].shape[0], count).T
            errors = [
                _error(_until_end(row), labels)
                for row, (labels, _) in zip(truth, found, strict=True)
            ]
            top[-1].data[...] = 1 - np.mean(errors) if errors else 1

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if any(self.propagate_down):
            raise self.error("cannot give its bottoms a gradient; remove its loss_weight")

    def best_path_kernel(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel | None:
        """What runs a layer on a GPU that decodes as best_path does."""
        if any(self.propagate_down):
            return None  # backward_cpu says why it cannot
        return gpu.CTCBestPath(
            context,
            bottom[0].shape,
            blank=self.blank,
            merges=self.merges,
            most=bottom[2].shape[0] if self._tells_accuracy else None,
            tells_score=self._tells_score,
        )

    def _check_bottoms(self, shapes: list[Shape]) -> None:
        p = shapes[0]
        if len(p) < 3 or any(n != 1 for n in p[3:]) or not p[2]:
            raise self.error(f"bottom[0] must be probabilities (T, N, C), got shape {p}")
        if len(shapes) > 1 and shapes[1][:2] != p[:2]:
            raise self.error(f"bottom[1] must be cont (T, N) = {p[:2]}, got shape {shapes[1]}")
        if len(shapes) > 2 and shapes[2][1:2] != p[1:2]:
            raise self.error(
                f"bottom[2] must be labels (L, N), N being {p[1]}, got shape {shapes[2]}"
            )


def best_path(p: Array, blank: int, merges: bool = True) -> tuple[list[int], float]:
    """The best class of each step, without blanks and repetitions, and minus the sum of their p."""
    best = p.argmax(axis=1)
    keeps = best != blank
    if merges:
        keeps[1:] &= best[1:] != best[:-1]
    return best[keeps].tolist(), -float(p.max(axis=1).sum())


def edit_distance(one: list[int], other: list[int]) -> int:
    """The least number of labels to insert, to take away or to change, to make one the other."""
    row = list(range(len(other) + 1))
    for i, label in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            change = diagonal + (label != wanted)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, change)
    return row[-1]


def _error(truth: list[int], labels: list[int]) -> float:
    return edit_distance(truth, labels) / max(len(truth), len(labels), 1)


def _until_end(row: Array) -> list[int]:
    """The labels before the first negative number."""
    labels = [int(value + 0.5) if value >= 0 else -1 for value in row.tolist()]
    return labels[: labels.index(-1)] if -1 in labels else labels
