import re

import pytest

from cortado.core import log


@pytest.fixture(autouse=True)
def printing():
    handler = log.to_stderr(0)
    yield
    log.silence(handler)


def test_a_line_has_the_format_of_glog(capsys):
    log.info("solver.cpp:45", "Initializing solver")
    line = capsys.readouterr().err
    assert re.fullmatch(
        r"I\d{8} \d\d:\d\d:\d\d\.\d{6} +\d+ solver\.cpp:45\] Initializing solver\n", line
    )


def test_warnings_and_errors_have_their_letters(capsys):
    log.warning("a.cpp:1", "odd")
    log.error("a.cpp:2", "bad")
    assert [line[0] for line in capsys.readouterr().err.splitlines()] == ["W", "E"]


def test_the_least_level_hides_what_is_below(capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "1")
    handler = log.to_stderr()
    log.info("a.cpp:1", "hidden")
    log.warning("a.cpp:2", "shown")
    assert not log.enabled()
    assert "shown" in capsys.readouterr().err
    log.silence(handler)


def test_nothing_is_printed_before_someone_asks(capsys):
    log.silence(log.to_stderr(0))
    log.info("a.cpp:1", "quiet")
    assert capsys.readouterr().err == ""
    assert not log.enabled()
