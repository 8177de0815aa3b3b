import re

import pytest

from cortado.proto import ConfigError, parse_net, parse_solver, read_net, read_solver


def test_a_net_file_is_read_and_upgraded(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text('name: "n" layers { name: "a" type: RELU }')
    assert read_net(path) == parse_net('name: "n" layer { name: "a" type: "ReLU" }')


def test_a_binary_net_is_read_and_upgraded(tmp_path):
    net = parse_net('name: "n" layer { name: "a" type: "Power" power_param { shift: 0 } }')
    path = tmp_path / "net.binaryproto"
    path.write_bytes(net.SerializeToString())
    assert read_net(path) == net


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\0\1\2", id="no fields"),
        pytest.param(b"\x12\x09\x28\x02\x22\x05\xff\xff\xff\xff\xff\x38\0", id="no text"),
    ],
)
def test_bytes_that_are_no_net(tmp_path, data):
    path = tmp_path / "net.prototxt"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"net.prototxt: neither prototxt nor a binary net"):
        read_net(path)


def test_a_missing_file_is_named_with_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = re.escape(str(tmp_path / "no.prototxt"))
    with pytest.raises(ConfigError, match=rf"no such file: no.prototxt \(looked for {place}\)"):
        read_net("no.prototxt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_net(tmp_path)


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text("layer {\n")
    with pytest.raises(ConfigError, match=r"net.prototxt:2:1: the file ends inside layer"):
        read_net(path)


def test_comments_need_not_be_utf8(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_bytes(b'# \xb2\xe2\xca\xd4\nlayer { name: "n" }')
    assert read_net(path).layer[0].name == "n"


@pytest.mark.parametrize("text", ["", "# nothing yet", 'name: "n"'])
def test_a_net_file_without_layers_is_named(tmp_path, text):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    with pytest.raises(ConfigError, match="net.prototxt: holds no layers: it is empty, or no net"):
        read_net(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SGD", "SGD"),
        ("NESTEROV", "Nesterov"),
        ("ADAGRAD", "AdaGrad"),
        ("RMSPROP", "RMSProp"),
        ("ADADELTA", "AdaDelta"),
        ("ADAM", "Adam"),
        ("5", "Adam"),
    ],
)
def test_solver_type_becomes_type(old, new):
    assert parse_solver(f"solver_type: {old}") == parse_solver(f'type: "{new}"')


def test_solver_type_and_type_exclude_each_other():
    with pytest.raises(
        ConfigError, match=r"s: both solver_type \(Adam\) and type \('SGD'\) are given; keep type"
    ):
        parse_solver('solver_type: ADAM type: "SGD"', "s")


def test_nets_inside_a_solver_are_upgraded():
    solver = parse_solver(
        "train_net_param { layers { type: RELU } } test_net_param { layers { type: TANH } }"
    )
    assert solver.train_net_param.layer[0].type == "ReLU"
    assert solver.test_net_param[0].layer[0].type == "TanH"
    assert not solver.HasField("net_param")


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [("", "my/solver"), ('snapshot_prefix: "my"', "my/solver"), ('snapshot_prefix: "x"', "x")],
)
def test_snapshots_are_named_after_the_solver_unless_told(tmp_path, monkeypatch, prefix, wanted):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    (tmp_path / "my/solver.prototxt").write_text(prefix)
    assert read_solver("my/solver.prototxt").snapshot_prefix == wanted
