"""caffe.NCCL: what training on several GPUs would need."""

from typing import Any, NoReturn

_WHY_NOT = (
    "NCCL trains on several GPUs, and there are no GPU kernels yet: train in one process, on the "
    "CPU; caffe.has_nccl() tells"
)


class NCCL:
    """NCCL(solver, uid) as scripts name it; to make one is an error without GPUs."""

    def __init__(self, solver: Any, uid: str):
        raise RuntimeError(_WHY_NOT)

    @staticmethod
    def new_uid() -> NoReturn:
        """A name for processes to find each other by: an error without GPUs."""
        raise RuntimeError(_WHY_NOT)


def has_nccl() -> bool:
    """Whether several GPUs can train together: not yet."""
    return False
