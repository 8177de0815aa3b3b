"""caffe.NCCL: what training on several GPUs would need."""

from typing import Any, NoReturn

_WHY_NOT = (
    "NCCL trains on several GPUs, and a net runs on one here: train in one process; "
    "caffe.has_nccl() tells"
)


class NCCL:
    """NCCL(solver, uid) as scripts name it; to make one is an error."""

    def __init__(self, solver: Any, uid: str):
        raise RuntimeError(_WHY_NOT)

    @staticmethod
    def new_uid() -> NoReturn:
        """A name for processes to find each other by: an error."""
        raise RuntimeError(_WHY_NOT)


def has_nccl() -> bool:
    """Whether several GPUs can train together: not yet."""
    return False
