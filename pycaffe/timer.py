"""caffe.Timer: a stopwatch."""

from time import perf_counter


class Timer:
    """start(), stop(), and ms, the milliseconds between them."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._seconds = 0.0

    def start(self) -> None:
        """Begin; a timer that runs goes on."""
        if self._started is None:
            self._started = perf_counter()

    def stop(self) -> None:
        """End."""
        if self._started is not None:
            self._seconds = perf_counter() - self._started
            self._started = None

    @property
    def ms(self) -> float:
        """Milliseconds from start to stop; a timer that runs is stopped."""
        self.stop()
        return 1000 * self._seconds
