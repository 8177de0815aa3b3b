"""Budget: seconds that a whole program may take."""

import time


class Budget:
    """Counts from when it was made."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self._start = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds that have passed."""
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds that remain; none are less than none."""
        return max(0.0, self.seconds - self.spent)
