import io
import sys
from types import SimpleNamespace

import pytest

from cortado.tools.progress import training_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def solver():
    return SimpleNamespace(param=SimpleNamespace(max_iter=4), iteration=1, on_iteration=None)


def test_a_terminal_shows_loss_and_rate_below_the_log(solver, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with training_progress(solver):
        for iteration in (2, 3, 4):
            solver.on_iteration(iteration, 0.5 / iteration, 0.01)
    assert solver.on_iteration is None
    assert "1/4" in terminal.getvalue()


def test_who_listened_before_listens_on(solver, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    seen = []
    solver.on_iteration = before = lambda *values: seen.append(values)
    with training_progress(solver):
        solver.on_iteration(2, 0.5, 0.01)
    assert seen == [(2, 0.5, 0.01)]
    assert solver.on_iteration is before


def test_a_file_gets_no_bar(solver, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with training_progress(solver):
        assert solver.on_iteration is None
    assert sys.stderr.getvalue() == ""
