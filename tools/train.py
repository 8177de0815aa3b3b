"""Train a model, or finetune one: caffe train -solver solver.prototxt [-weights X | -snapshot X].

SIGINT stops after the present iteration and saves; SIGHUP saves and goes on. On a terminal a
progress bar stands below the log. -plot keeps a picture of the curves up to date, -tensorboard
writes losses, scores, rate, histograms of the weights and the graph of the net; -timing logs what
each layer takes.
"""

from argparse import Namespace

from ..core import log
from ..core.device import open_device
from ..proto import ConfigError, read_solver
from ..proto.caffe_pb2 import SolverParameter
from . import training_watch
from .device import add_precision_flag, choose_device
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("solver", "", "the solver definition, a prototxt file")
    parser.add_flag("snapshot", "", "a .solverstate to resume from")
    parser.add_flag("weights", "", "weights to start from: files separated by commas")
    parser.add_flag("weights_skip", "", "layers, separated by commas, not to take from -weights")
    parser.add_flag("gpu", "", "the GPU to run on; none: the CPU")
    parser.add_flag("level", 0, "the level of the training net")
    parser.add_flag("stage", "", "stages of the training net, separated by commas")
    effects = ("stop", "snapshot", "none")
    parser.add_flag("sigint_effect", "stop", "what SIGINT does", choices=effects)
    parser.add_flag("sighup_effect", "snapshot", "what SIGHUP does", choices=effects)
    add_precision_flag(parser)
    parser.add_flag("timing", False, "log what each layer takes, whenever the loss is displayed")
    parser.add_flag("plot", "", "a .png, .svg or .pdf to draw the curves into, over and over")
    parser.add_flag("tensorboard", "", "a folder for files that TensorBoard shows")


def run(flags: Namespace) -> int:
    """Train up to max_iter."""
    if not flags.solver:
        raise ConfigError("-solver: a solver definition is needed to train")
    if flags.snapshot and flags.weights:
        raise ConfigError("-snapshot resumes a run, -weights starts one: give one, not both")
    training_watch.check(flags.plot, flags.tensorboard)
    param = read_solver(flags.solver)
    param.train_state.level = flags.level
    param.train_state.stage.extend(flags.stage.split(","))
    device = choose_device(flags.gpu or _device_of(param))
    if flags.snapshot or flags.weights:
        del param.weights[:]
    if flags.weights:
        param.weights.append(flags.weights)
    _train(param, device, flags)
    return 0


def _train(param: SolverParameter, device: str, flags: Namespace) -> None:
    # Loaded here, so that mistakes in the flags and the solver are told at once.
    from ..solvers import Solver
    from ..solvers.interrupts import Interrupts
    from .layer_timing import LayerTiming
    from .progress import training_progress

    skip = tuple(name for name in flags.weights_skip.split(",") if name)
    interrupts = Interrupts(flags.sigint_effect, flags.sighup_effect)
    keep = None if flags.timing else ()  # layers that run one by one need all blobs
    solver = Solver(
        param,
        device,
        interrupts.request,
        weights_skip=skip,
        keep=keep,
        precision=flags.precision,
    )
    try:
        if flags.snapshot:
            log.info("caffe.cpp:233", f"Resuming from {flags.snapshot}")
            solver.restore(flags.snapshot)
        if flags.timing:
            LayerTiming(solver)
        log.info("caffe.cpp:239", "Starting Optimization")
        watching = training_watch.watching(solver, flags.plot, flags.tensorboard)
        with interrupts, watching, training_progress(solver):
            solver.solve()
        log.info("caffe.cpp:250", "Optimization Done.")
    finally:
        solver.close()


def _device_of(param: SolverParameter) -> str:
    """The GPU that the solver file itself asks for, as Caffe reads it: only if it says so."""
    if not param.HasField("solver_mode") or param.solver_mode != SolverParameter.GPU:
        return ""
    number = str(max(param.device_id, 0))
    try:
        open_device(f"gpu:{number}")
    except ConfigError as reason:
        log.warning("caffe.cpp:180", f"solver_mode: GPU, but running on the CPU: {reason}")
        return ""
    return number
