"""The modes that pycaffe keeps for the whole process: device, random seed, place among solvers."""

_solver_count = 1
_solver_rank = 0
_multiprocess = False
_device = "cpu"
_ordinal = 0
_seed: int | None = None


def set_mode_cpu() -> None:
    """Run the nets made from now on on the CPU."""
    global _device
    _device = "cpu"


def set_mode_gpu() -> None:
    """Run the nets made from now on on the GPU chosen by set_device."""
    global _device
    _device = "gpu"


def set_device(ordinal: int) -> None:
    """Choose which GPU set_mode_gpu means; 0 is the first."""
    global _ordinal
    _ordinal = ordinal


def set_random_seed(seed: int) -> None:
    """Seed the weights and other randomness of the nets made from now on."""
    global _seed
    _seed = seed


def device() -> str:
    """The device for a new net, as cortado names it."""
    return f"gpu:{_ordinal}" if _device == "gpu" else "cpu"


def seed() -> int | None:
    """The seed for a new net; None draws one."""
    return _seed


def solver_count() -> int:
    """How many processes train one net together."""
    return _solver_count


def set_solver_count(count: int) -> None:
    """Say how many processes train one net together; it changes nothing, as one process does."""
    global _solver_count
    _solver_count = count


def solver_rank() -> int:
    """Which of the processes that train together this is; 0 is the first."""
    return _solver_rank


def set_solver_rank(rank: int) -> None:
    """Say which of the processes that train together this is; it changes nothing yet."""
    global _solver_rank
    _solver_rank = rank


def set_multiprocess(together: bool) -> None:
    """Say whether several processes train together; it changes nothing yet."""
    global _multiprocess
    _multiprocess = together
