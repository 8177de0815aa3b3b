"""CTCLossLayer: what the layers for connectionist temporal classification share."""

import numpy as np

from ...core import Array, Blobs, Shape, log
from ...kernels import gpu
from ...proto import ConfigError
from .ctc_alignment import CTCAlignment, log_softmax
from .fold import per_item
from .loss import LossLayer


class CTCLossLayer(LossLayer):
    """loss = - sum_n log P(labels_n | x_n) / N.

    bottom[0]  x (T, N, C): scores of C classes, the blank among them; a softmax is inside

    With 2 bottoms, all sequences have T steps, or time_step:
    bottom[1]  labels (N, L): blanks are skipped, a negative number ends a sequence
    With 3:
    bottom[1]  cont (T, N): a 0 after the first step ends a sequence
    bottom[2]  labels (L, N), ended by a negative number; a sequence without any is left out
    With 4:
    bottom[1]  steps of each sequence (N)
    bottom[2]  number of labels of each sequence (N)
    bottom[3]  labels (L, N)

    A subclass says in default_blank which class is the blank if the prototxt does not.
    """

    bottom_count = range(2, 5)
    default_blank = 0  # -1 is the last class

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.ctc_loss_param
        self._has_warned = False
        self._check_bottoms(bottom_shapes)
        steps, _, classes = bottom_shapes[0][:3]
        if param.alphabet_size not in (0, classes):
            raise self.error(
                f"ctc_loss_param.alphabet_size: {param.alphabet_size} must be the number of "
                f"classes that bottom[0], of shape {bottom_shapes[0]}, has scores for"
            )
        if param.time_step > steps:
            raise self.error(
                f"ctc_loss_param.time_step: {param.time_step} must not be above the {steps} steps "
                "of bottom[0]"
            )
        if not 0 <= param.output_delay < max(steps, 1):
            raise self.error(
                f"ctc_loss_param.output_delay: {param.output_delay} must be at least 0 and below "
                f"the {steps} steps of bottom[0]"
            )
        self._blank = self._choose_blank(classes)

    def infer_shapes(self, bottom_shapes: list[Shape]) -> list[Shape]:
        self._check_bottoms(bottom_shapes)
        return [()]

    def loss(self, bottom: Blobs) -> Array:
        param = self.param.ctc_loss_param
        x = bottom[0].data.reshape(bottom[0].shape[:3])
        labels, lengths = self._read(bottom)
        delay = param.output_delay
        lengths = [max(length - delay, 0) for length in lengths]
        self._log_p = log_softmax(x[delay:])
        self._alignment = CTCAlignment(labels, lengths, self._blank, param.ctc_merge_repeated)
        total, self._shares = self._alignment.run(self._log_p)
        self._has_path = total != -np.inf
        self._warn(labels, lengths)
        return -np.where(self._has_path, total, 0).sum() / max(len(labels), 1)

    def write_gradients(self, factor: Array, bottom: Blobs) -> None:
        """Softmax less the share of the paths that have each class, at each step of a sequence."""
        steps, count, _ = self._log_p.shape
        # Whether it is a step of a sequence with a path; nan is.
        is_run = self._shares.sum(axis=2, keepdims=True) != 0
        gradient = np.exp(self._log_p) * is_run
        every = np.arange(count)
        for u in range(self._shares.shape[2]):
            gradient[:, every, self._alignment.states[:, u]] -= self._shares[:, :, u]
        dx = bottom[0].diff.reshape(bottom[0].shape[:3])
        delay = len(dx) - steps
        dx[:delay] = 0
        dx[delay:] = gradient * factor

    def gpu_loss(self, context: gpu.Context, bottom: Blobs) -> gpu.Kernel:
        param, self._read_last = self.param.ctc_loss_param, bottom
        steps, count, classes = bottom[0].shape[:3]
        delay, is_given = param.output_delay, len(bottom) > 2
        labels = gpu.CTCLabels(
            context,
            bottom,
            (count, classes),
            time=steps if is_given else param.time_step or steps,
            delay=delay,
            blank=self._blank,
            collapses=param.preprocess_collapse_repeated,
            explain=self._explain,
        )
        return gpu.CTCLoss(
            context,
            labels,
            steps=steps - delay,
            delay=delay,
            merges=param.ctc_merge_repeated,
            learns=self.propagate_down[0],
        )

    def _explain(self, _: int) -> ConfigError:
        """Why there is a sequence that cannot be."""
        try:
            self._read(self._read_last)
        except ConfigError as problem:
            return problem
        return self.error(
            "a sequence in a batch since the loss was last read had a label or a length that "
            "cannot be; display: 1 in the solver tells which"
        )

    def _choose_blank(self, classes: int) -> int:
        param = self.param.ctc_loss_param
        if param.HasField("blank_index") and param.HasField("blank_label"):
            raise self.error("ctc_loss_param: blank_index and blank_label are two names for one")
        field = "blank_index" if param.HasField("blank_index") else "blank_label"
        is_set = param.HasField(field)
        blank = getattr(param, field) if is_set else self.default_blank
        if not -1 <= blank < classes:
            raise self.error(
                f"ctc_loss_param.{field}: {blank} must be a class, in [0, {classes}), or -1 for "
                "the last"
            )
        return blank % classes

    # Reading.

    def _read(self, bottom: Blobs) -> tuple[list[list[int]], list[int]]:
        """The labels of each sequence, and how many steps it has."""
        steps, count = bottom[0].shape[:2]
        param, labels = self.param.ctc_loss_param, bottom[-1].data
        if len(bottom) == 2:
            rows = labels.reshape(per_item(labels.shape)).tolist()
            lengths = [param.time_step or steps] * count
        else:
            rows = labels.reshape(len(labels), count).T.tolist()
            first, *others = (blob.data for blob in bottom[1:-1])
            if others:
                lengths = self._whole(first, steps, 1)
                sizes = self._whole(others[0], len(labels), 2)
                rows = [row[:size] for row, size in zip(rows, sizes, strict=True)]
            else:
                lengths = [_run(column) for column in first.reshape(steps, count).T.tolist()]
        sequences = [self._labels(n, row, len(bottom)) for n, row in enumerate(rows)]
        if len(bottom) == 3:
            lengths = [n if row else 0 for n, row in zip(lengths, sequences, strict=True)]
        return sequences, lengths

    def _labels(self, n: int, row: list[float], bottoms: int) -> list[int]:
        """The labels of one sequence, checked."""
        classes, labels = self._classes, []
        for value in row:
            if value < 0:
                break
            label = int(value) if value < classes else classes
            if label >= classes or (label == self._blank and bottoms > 2):
                reason = f"is outside [0, {classes})" if label >= classes else "is the blank"
                raise self.error(
                    f"label {value:g} of sequence {n} in bottom[{bottoms - 1}] {reason}; "
                    "a negative number ends a sequence",
                    item=n,
                )
            is_repeated = bool(labels) and labels[-1] == label
            collapses = self.param.ctc_loss_param.preprocess_collapse_repeated
            if label != self._blank and not (is_repeated and collapses):
                labels.append(label)
        return labels

    def _whole(self, numbers: Array, most: int, index: int) -> list[int]:
        """Lengths, checked."""
        values = [int(n) if np.isfinite(n) else -1 for n in numbers.ravel().tolist()]
        for n, value in enumerate(values):
            if not 0 <= value <= most:
                raise self.error(
                    f"number {n} of bottom[{index}], the length of a sequence, is {value}; it must "
                    f"be at least 0 and at most {most}"
                )
        return values

    def _warn(self, labels: list[list[int]], lengths: list[int]) -> None:
        if self._has_warned or bool(self._has_path.all()):
            return
        for n, has_path in enumerate(self._has_path.tolist()):
            if not has_path and lengths[n]:
                self._has_warned = True
                log.warning(
                    "ctc_loss_layer.cpp:1",
                    f"Layer {self.name}: {lengths[n]} steps are too few for the {len(labels[n])} "
                    f"labels of sequence {n}; such sequences count for nothing",
                )
                return

    # Checking.

    def _check_bottoms(self, shapes: list[Shape]) -> None:
        x, *others = shapes
        if len(x) < 3 or any(n != 1 for n in x[3:]) or not x[2]:
            raise self.error(f"bottom[0] must be scores (T, N, C), got shape {x}")
        steps, count, self._classes = x[:3]
        checks = {
            2: [("labels (N, L)", (count,))],
            3: [("cont (T, N)", (steps, count)), ("labels (L, N)", (None, count))],
            4: [
                ("lengths (N)", (count,)),
                ("numbers of labels (N)", (count,)),
                ("labels (L, N)", (None, count)),
            ],
        }[len(shapes)]
        for i, ((what, wanted), shape) in enumerate(zip(checks, others, strict=True), 1):
            start = shape[: len(wanted)]
            if len(start) < len(wanted) or any(
                w not in (None, n) for w, n in zip(wanted, start, strict=True)
            ):
                raise self.error(
                    f"bottom[{i}] must be {what} for {count} sequences of {steps} steps, got "
                    f"shape {shape}"
                )


def _run(column: list[float]) -> int:
    """How many steps a sequence has, whose cont this is."""
    for t, value in enumerate(column[1:], 1):
        if -1.5 < value < 0.5:  # rounded as C does it, to 0
            return t
    return len(column)
