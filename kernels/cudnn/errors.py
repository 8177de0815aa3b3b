"""What can go wrong between a kernel and cuDNN."""


class PlanningError(Exception):
    """cuDNN is absent, or has no plan for this: another library has to do the work."""


class CudnnError(RuntimeError):
    """A call that cuDNN refused, or arrays that do not fit what was prepared."""
