"""Event: as CuPy's, of an emulated GPU whose uploads beside other work take their time."""

from collections.abc import Callable
from typing import Any

from .activity import Activity


class Event:
    """Comes when its work is done, which is when the device or the host waits for it.

    The host knows only if it waited itself.

    time   how much other work had been asked for when it was made
    """

    def __init__(self, activity: Activity, time: int, work: Callable[[], Any] | None = None):
        self.time = time
        self.done = work is None
        self._activity, self._work = activity, work

    def synchronize(self) -> None:
        self._activity.synchronise("an event")
        self.come()
        self.done = True

    def come(self) -> None:
        """Do the work, if it was not done yet."""
        work, self._work = self._work, None
        if work:
            work()
