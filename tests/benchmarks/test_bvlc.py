"""BVLC's `caffe time`, read."""

import pytest
from contest.bvlc import find_bvlc, seconds_in

LOG = """
I0101 00:00:00.000000 1 caffe.cpp:406] Average Forward pass: 12.5 ms.
I0101 00:00:00.000000 1 caffe.cpp:408] Average Backward pass: 20.25 ms.
I0101 00:00:00.000000 1 caffe.cpp:410] Average Forward-Backward: 33.1 ms.
"""


def test_times_are_read_from_the_log():
    assert seconds_in(LOG, training=True) == pytest.approx(0.0331)
    assert seconds_in(LOG, training=False) == pytest.approx(0.0125)


def test_a_log_without_times_is_shown():
    with pytest.raises(RuntimeError, match="caffe time: cannot open"):
        seconds_in("cannot open", training=True)


def test_our_own_command_is_not_taken_for_bvlcs(tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours/caffe", tmp_path / "theirs/caffe"
    for path, content in ((ours, b"#!/usr/bin/python\n"), (theirs, b"\x7fELF")):
        path.parent.mkdir()
        path.write_bytes(content)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(ours.parent))
    assert find_bvlc() is None
    monkeypatch.setenv("PATH", f"{ours.parent}:{theirs.parent}")
    assert find_bvlc() == str(theirs)
