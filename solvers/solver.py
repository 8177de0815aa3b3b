"""Solver: trains a net as a solver prototxt says."""

import math
import os
from collections.abc import Callable, Collection
from typing import Any, SupportsFloat

from ..core import log
from ..core.rng import fresh_seed
from ..nets import Net, load_weights
from ..nets.diagnosis import first_nonfinite
from ..proto import ConfigError, read_solver
from ..proto.caffe_pb2 import SolverParameter
from . import narration
from .detection_testing import check_evaluation, check_outputs, test_detector
from .gpu_training_step import GpuTrainingStep
from .gpu_updater import GpuUpdater
from .learning_rate import learning_rate, steps_taken
from .requests import Request, test_requests, train_request
from .snapshot import check_prefix, learned_net, read_snapshot, write_snapshot
from .testing import Interrupted, Scores, test_net
from .training_step import TrainingStep
from .updater import Updater

Asked = Callable[[], str | None]
OnIteration = Callable[[int, SupportsFloat, float], None]
OnTest = Callable[[int, Scores], None]


class Solver:
    """Trains `net`, tests `test_nets`, and keeps `iteration`, the number of updates so far.

    param           a SolverParameter, as read by proto.read_solver
    device          "cpu", "gpu" or "gpu:N"
    request         asked after every iteration: "stop", "snapshot" or None (see interrupts.py)
    on_iteration    called after every iteration with (iteration, loss, rate); on a GPU, float(loss)
                    waits for the iteration
    on_test         an attribute: called after every test with (number of the test net, its scores)
    weights_skip    layers that the files in param.weights leave as they are
    keep            blobs of the nets to be looked at from outside, as Net has it; None: all
    precision       of a GPU, as Net has it

    step() and solve() log what Caffe's do, in its words. Same seed, same machine, same number of
    threads: the same run, bit for bit, also when it was resumed from a snapshot.
    """

    def __init__(
        self,
        param: SolverParameter,
        device: str = "cpu",
        request: Asked = lambda: None,
        on_iteration: OnIteration | None = None,
        weights_skip: tuple[str, ...] = (),
        keep: Collection[str] | None = None,
        precision: str = "float32",
    ):
        self.param = param
        self._precision = precision
        self.iteration = 0
        self.seed = param.random_seed if param.random_seed >= 0 else fresh_seed()
        self._request = request
        self.on_iteration = on_iteration
        self.on_test: OnTest | None = None
        self._stopped = False
        self._reported_nan = False
        self._device = device
        self._keep = None if param.debug_info else keep
        narration.begin(param)
        check_prefix(param)
        _check_numbers(param)
        check_evaluation(param)
        learning_rate(param, 0)  # a policy that cannot be used is better named before the nets
        train = train_request(param)
        log.info("solver.cpp:102", f"Creating training net {train.source}")
        self.net = self._build(train)
        if not any(map(any, self.net.loss_weights)):
            log.warning(
                "solver.cpp:102",
                "No layer of the training net gives a loss, so nothing will be learned; is it the "
                "net of a deploy.prototxt?",
            )
        self.test_nets: list[Net] = []
        for i, test in enumerate(test_requests(param)):
            log.info("solver.cpp:190", f"Creating test net (#{i}) specified by {test.source}")
            self.test_nets.append(self._build(test, share_with=self.net))
            self.test_nets[-1].debug_info |= param.debug_info
            if param.eval_type == "detection":
                check_outputs(self.test_nets[-1])
        self.step_parts = _training_step(param, self.net)
        files = [path for paths in param.weights for path in paths.split(",") if path]
        self.load_weights(files, weights_skip)
        self.smoothed = narration.SmoothedLoss(param.average_loss)
        self._start = 0
        log.info("solver.cpp:57", "Solver scaffolding done.")

    @classmethod
    def from_file(cls, path: str | os.PathLike, device: str = "cpu", **options: Any) -> "Solver":
        """The solver that a prototxt describes."""
        return cls(read_solver(path), device, **options)

    @property
    def rate(self) -> float:
        """The learning rate of the present iteration."""
        return learning_rate(self.param, self.iteration)

    def load_weights(self, paths: list[str], skip: tuple[str, ...] = ()) -> None:
        """Copy weights, file by file, into the training net and the test nets."""
        for path in paths:
            log.info("caffe.cpp:163", f"Finetuning from {path}")
            load_weights(self.net, path, skip)

    def solve(self, resume: str | os.PathLike | None = None) -> None:
        """Train up to max_iter, from the beginning or from a solver state; save and test."""
        narration.solving(self.net.name, self.param.lr_policy)
        if resume:
            log.info("solver.cpp:295", f"Restoring previous solver status from {resume}")
            self.restore(resume)
        self.step(self.param.max_iter - self.iteration)
        interval = self.param.snapshot
        if self.param.snapshot_after_train and (not interval or self.iteration % interval):
            self.snapshot()
        if self._stopped:
            log.info("solver.cpp:314", "Optimization stopped early.")
            return
        if self.param.display and self.iteration % self.param.display == 0:
            self.smoothed.add(self.net.forward(), self.iteration - self._start)
            value = self.smoothed.value
            log.info("solver.cpp:327", f"Iteration {self.iteration}, loss = {value:g}")
        if self.param.test_interval and self.iteration % self.param.test_interval == 0:
            self.test_all()
        log.info("solver.cpp:332", "Optimization Done.")

    def step(self, iterations: int) -> None:
        """Train for some iterations more, testing, displaying and saving when it is time."""
        self._stopped = False
        speed = narration.Speed(self.iteration)
        end = self.iteration + iterations
        while self.iteration < end:
            if self._time_to_test():
                self.test_all()
                if self._stopped:
                    return
            display = self.param.display
            shown = bool(display and self.iteration % display == 0)
            self.net.debug_info = self.net.graph.param.debug_info or (
                shown and self.param.debug_info
            )
            self.step_parts.begin(self.rate, self.iteration)
            loss = self.step_parts.gradients()
            if shown or isinstance(loss, float):  # to look at a late one is to wait for the device
                self._watch(float(loss), look_at_weights=shown)
            self.smoothed.add(loss, self.iteration - self._start)
            if shown:
                narration.iteration(self.iteration, speed, display, self.smoothed.value, self.net)
            self._update(shown)
            if self.on_iteration:
                is_known = isinstance(loss, float)
                smoothed = self.smoothed.value if is_known else self.smoothed
                self.on_iteration(self.iteration, smoothed, self.rate)
            self._save_or_stop()
            if self._stopped:
                return

    def test_all(self) -> None:
        """Run every test net over its test_iter batches and log its scores.

        These are mean outputs or, for eval_type: "detection", mean average precisions.
        """
        for i, net in enumerate(self.test_nets):
            try:
                scores = self._test(net, i)
            except Interrupted:
                log.info("solver.cpp:377", "Test interrupted.")
                return
            if self.on_test:
                self.on_test(i, scores)

    def snapshot(self) -> str:
        """Save weights and state; returns the path of the solver state."""
        resume = {
            "seed": self.seed,
            "train": self.net.state(),
            "test": [net.state() for net in self.test_nets],
            "start": self._start,
            "losses": self.smoothed.losses,
            "smoothed_loss": self.smoothed.value,
            "updater": self.step_parts.updater.state(),
        }
        step = steps_taken(self.param, max(self.iteration - 1, 0))  # of the last update
        updater = self.step_parts.updater
        return str(write_snapshot(self.param, self.net, updater, self.iteration, step, resume))

    def restore(self, path: str | os.PathLike) -> None:
        """Go on from a solver state: weights, histories, iteration, and our place in the data."""
        state, resume = read_snapshot(os.fspath(path), self.net, self.step_parts.updater)
        if state.learned_net:
            load_weights(self.net, learned_net(os.fspath(path), state))
        self.iteration = self._start = state.iteration
        if resume is None:
            return
        self.net.restore(resume["train"])
        for net, saved in zip(self.test_nets, resume["test"], strict=False):
            net.restore(saved)
        self.step_parts.updater.restore(resume.get("updater", {}))
        self._start = resume["start"]
        self.smoothed.set(resume["losses"], resume["smoothed_loss"])

    def close(self) -> None:
        """Stop the threads and close the files of all nets."""
        for net in (self.net, *self.test_nets):
            net.close()

    def _build(self, request: Request, share_with: Net | None = None) -> Net:
        return Net(
            request.param,
            request.phase,
            device=self._device,
            seed=self.seed,
            share_with=share_with,
            keep=self._keep,
            precision=self._precision,
        )

    def _test(self, net: Net, number: int) -> Scores:
        where, batches = (net, number, self.iteration), self.param.test_iter[number]
        if self.param.eval_type == "detection":
            return test_detector(*where, batches, self.param, self._keep_testing)
        return test_net(*where, batches, self.param.test_compute_loss, self._keep_testing)

    def _time_to_test(self) -> bool:
        interval = self.param.test_interval
        return bool(
            interval
            and self.iteration % interval == 0
            and (self.iteration > 0 or self.param.test_initialization)
        )

    def _update(self, shown: bool) -> None:
        rate = self.rate
        if shown:
            log.info("sgd_solver.cpp:112", f"Iteration {self.iteration}, lr = {rate:g}")
        self.step_parts.update()
        self.iteration += 1

    def _save_or_stop(self) -> None:
        asked = self._request()
        interval = self.param.snapshot
        if (interval and self.iteration % interval == 0) or asked == "snapshot":
            self.snapshot()
        self._stopped = asked == "stop"

    def _keep_testing(self) -> bool:
        asked = self._request()
        if asked == "snapshot":
            self.snapshot()
        self._stopped = self._stopped or asked == "stop"
        return not self._stopped

    def _watch(self, loss: float, look_at_weights: bool) -> None:
        """Say once that the loss, or a weight, is no number any more, and where that began."""
        if self._reported_nan:
            return
        # ReLU makes a number of what a weight that is none spoils, so the loss may be finite.
        updater = self.step_parts.updater
        if math.isfinite(loss) and not (look_at_weights and not updater.are_weights_finite()):
            return
        self._reported_nan = True
        where = first_nonfinite(self.net) or "none: the blobs are finite, their sum is not"
        log.warning(
            "solver.cpp:228",
            f"Iteration {self.iteration}: the loss is {loss:g}. First blob that is not finite: "
            f"{where}. Try a lower base_lr, or clip_gradients; check the labels and the data",
        )


def _check_numbers(param: SolverParameter) -> None:
    """Raise ConfigError for a nan or an infinity, which would spoil every weight."""
    for field, value in param.ListFields():
        if isinstance(value, float) and not math.isfinite(value):
            raise ConfigError(f"solver: {field.name} is {value:g}; it must be finite")


def _training_step(param: Any, net: Net) -> TrainingStep:
    """The training step of a net, on its device."""
    if net.context is None:
        return TrainingStep(param, net, Updater(param, net.weights))
    return GpuTrainingStep(param, net, GpuUpdater(param, net.weights, net.context))
