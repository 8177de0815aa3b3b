"""Files that are no prototxt, or not quite."""

import os
import re

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_output": "num_outputs"}, r"net.prototxt:5:31: .*'num_outputs'; did you mean 'num_o"),
        ({"num_output: 3": 'num_output: "3"'}, r'net.prototxt:5:43: num_output expects a .* "3"'),
        ({"batch_size: 4": "batch_size: -1"}, "net.prototxt:3:48: batch_size expects a non-neg"),
        ({"LMDB": "LMBD"}, "net.prototxt:3:58: backend expects one of .* did you mean LMDB"),
        (
            {'type: "xavier" } }': 'type: "xavier" }'},
            r"net.prototxt:6:1: .* is '\}' missing for the layer opened at line 4",
        ),
        ({'"InnerProduct"': '"InerProduct"'}, "layer 'ip': unknown type 'InerProduct'; did you"),
        ({'type: "InnerProduct"': ""}, "layer 'ip': unknown type ''; every layer says what"),
    ],
)
def test_a_slip_in_the_net_is_shown_with_its_place(refused, changes, message):
    assert re.search(message, refused(net=changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base_lr": "base_ir"}, "solver.prototxt:2:21: .*'base_ir'; did you mean 'base_lr'"),
        ({"net.prototxt": "nix.prototxt"}, r"no such file: nix.prototxt \(looked for /"),
        ({'net: "net.prototxt"': ""}, "solver: the net to train is given by .*; found none"),
        ({'lr_policy: "fixed"': ""}, "solver: unknown lr_policy ''; known policies: fixed, step"),
        ({'"it"': '"nowhere/it"'}, "snapshot_prefix: cannot write to 'nowhere/it'.*mkdir -p"),
    ],
)
def test_a_slip_in_the_solver_is_shown(refused, changes, message):
    assert re.search(message, refused(solver=changes))


def test_a_net_given_for_its_solver_is_recognized(place, caffe):
    (place / "net.prototxt").write_text('name: "n"\n' + (place / "net.prototxt").read_text())
    _, lines = caffe("train", "-solver", "net.prototxt")
    assert lines[-1] == (
        "caffe: error: net.prototxt:1:1: SolverParameter has no field 'name', NetParameter has: "
        "is this the file of a net?"
    )


def test_a_missing_solver_is_named(place, caffe):
    _, lines = caffe("train", "-solver", "nix.prototxt")
    assert lines[-1].startswith("caffe: error: no such file: nix.prototxt (looked for /")


GARBAGE = np.random.default_rng(0).bytes(5000)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it.prototxt: holds no layers: it is empty, or no net"),
        (GARBAGE, "it.prototxt: neither prototxt nor a binary net"),
        (GARBAGE.replace(b"\0", b""), "it.prototxt:1:1: "),
        ('name: "x"'.encode("utf-16"), "it.prototxt: neither prototxt nor a binary net"),
        (b"<!DOCTYPE html><html>", "it.prototxt:1:1: a web page, not a prototxt"),
        (b"{" * 100_000, "it.prototxt:1:1: a field of NetParameter expected, found '{'"),
        (b"layer { " * 100_000, "it.prototxt:1:9: LayerParameter has no field 'layer'"),
        (b'name: "' * 100_000, "it.prototxt:1:15: name is given twice"),
    ],
    ids=["empty", "bytes", "no-zeros", "utf-16", "html", "braces", "nested", "quotes"],
)
def test_a_file_that_is_no_net_is_named(net_refused, content, message):
    assert net_refused(content).startswith(message)


def test_a_folder_is_no_prototxt(place, caffe):
    for words in (("time", "-model", "."), ("train", "-solver", ".")):
        status, lines = caffe(*words)
        assert status == 1
        assert lines[-1] == "caffe: error: .: cannot be read: Is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(place, caffe):
    (place / "net.prototxt").chmod(0)
    _, lines = caffe("time", "-model", "net.prototxt")
    assert lines[-1] == "caffe: error: net.prototxt: cannot be read: Permission denied"
