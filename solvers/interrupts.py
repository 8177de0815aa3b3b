"""Interrupts: SIGINT and SIGHUP ask a running solver to stop or to save, between iterations."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from ..proto import ConfigError

EFFECTS = ("stop", "snapshot", "none")


class Interrupts:
    """While entered, turns signals into requests: "stop", "snapshot" or None.

    A second SIGINT while the first waits to be heard raises KeyboardInterrupt, so that a run that
    hangs can still be ended.
    """

    def __init__(self, sigint: str = "stop", sighup: str = "snapshot"):
        for flag, effect in (("sigint_effect", sigint), ("sighup_effect", sighup)):
            if effect not in EFFECTS:
                raise ConfigError(f"-{flag}: {effect!r} is none of {', '.join(EFFECTS)}")
        self._effects = {signal.SIGINT: sigint}
        if hasattr(signal, "SIGHUP"):  # not on Windows
            self._effects[signal.SIGHUP] = sighup
        self._pending: set[str] = set()
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in self._effects:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def request(self) -> str | None:
        """What was asked since the last call; stop goes before snapshot."""
        for effect in ("stop", "snapshot"):
            if effect in self._pending:
                self._pending.clear()
                return effect
        return None

    def _note(self, number: int, frame: FrameType | None) -> None:
        effect = self._effects[signal.Signals(number)]
        if effect == "stop" and effect in self._pending:
            raise KeyboardInterrupt
        if effect != "none":
            self._pending.add(effect)
