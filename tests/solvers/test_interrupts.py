import os
import signal
import threading

import pytest

from cortado.proto import ConfigError
from cortado.solvers.interrupts import Interrupts

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("signals", "effects", "asked"),
    [
        ([signal.SIGINT], {}, "stop"),
        ([signal.SIGHUP], {}, "snapshot"),
        ([signal.SIGHUP, signal.SIGINT], {}, "stop"),
        ([signal.SIGINT], {"sigint": "snapshot"}, "snapshot"),
        ([signal.SIGHUP], {"sighup": "none"}, None),
        ([], {}, None),
    ],
)
def test_signals_become_requests(signals, effects, asked):
    with Interrupts(**effects) as interrupts:
        for number in signals:
            send(number)
        assert interrupts.request() == asked
        assert interrupts.request() is None


def test_a_second_sigint_that_nobody_heard_interrupts():
    with Interrupts():
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)


def test_the_handlers_of_before_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGHUP)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) not in before
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGHUP)) == before


def test_in_a_thread_nothing_is_handled():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def enter():
        with Interrupts() as interrupts:
            seen.extend([signal.getsignal(signal.SIGINT), interrupts.request()])

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before, None]


def test_an_unknown_effect_is_named():
    with pytest.raises(ConfigError, match="-sighup_effect: 'save' is none of stop, snapshot, none"):
        Interrupts(sighup="save")
