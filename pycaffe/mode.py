"""The modes that pycaffe keeps for the whole process: device and random seed."""

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
