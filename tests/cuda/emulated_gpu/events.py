"""Event: as CuPy's, of an emulated GPU whose uploads beside other work take their time."""

from collections.abc import Callable
from typing import Any

from .activity import Activity


class Event:
    """Comes when its work is done, which is when somebody waits for it.

    time   how much other work had been asked for when it was made
    """

    def __init__(self, activity: Activity, time: int, work: Callable[[], Any] | None = None):
        self.time = time
        self._activity, self._work = activity, work

    @property
    def done(self) -> bool:
        return self._work is None

    def synchronize(self) -> None:
        self._activity.synchronise("an event")
        self.come()

    def come(self) -> None:
        """Do the work, if it was not done yet."""
        work, self._work = self._work, None
        if work:
            work()
