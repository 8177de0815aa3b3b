"""What can go wrong between a kernel and oneDNN."""


class PlanningError(Exception):
    """oneDNN is absent, or has nothing fast for this: another library has to do the work."""


class OneDNNError(RuntimeError):
    """A call that oneDNN refused, or arrays that do not fit what was prepared."""
