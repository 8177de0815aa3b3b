import math

import pytest

from cortado.proto import ConfigError, parse_text
from cortado.proto.caffe_pb2 import (
    BlobProto,
    Datum,
    LayerParameter,
    NetParameter,
    PoolingParameter,
    SolverParameter,
)


def read(text, kind=NetParameter):
    message = kind()
    parse_text(text, message, "net.prototxt")
    return message


def layer(text):
    return read(text, LayerParameter)


@pytest.mark.parametrize(
    "text",
    [
        'layer { name: "a" pooling_param { pool: AVE stride: 2 } }',
        'layer: { name: "a" pooling_param: { pool: 1 stride: 2 } }',
        "layer < name: 'a' pooling_param < pool: AVE stride: 2 > >",
        'layer { name: "a"; pooling_param { pool: AVE, stride: 2 }, };',
        '# a net\nlayer{#it\nname:"a"pooling_param{pool:AVE stride:0x2}}#end',
        'layer [ { name: "a" pooling_param { pool: AVE stride: 02 } } ]',
        'layer: [ < name: "" "a" "" pooling_param { stride: 2 pool: AVE } > ]',
        '\ufefflayer {\r\n  name: "a"\r\n\tpooling_param { pool: AVE\fstride\v: 2 }\r\n}\r\n',
        'layer { name: "\\141" pooling_param { pool: AVE stride: 2 } }',
        "layer { name: '\\x61' pooling_param { pool: AVE stride: 2 } }",
        "layer { name: '\\u0061' pooling_param { pool: AVE stride: 2 } }",
        "layer { name: '\\U00000061' pooling_param { pool: AVE stride: 2 } }",
    ],
)
def test_every_spelling_of_the_text_format_is_read(text):
    wanted = NetParameter()
    wanted.layer.add(name="a").pooling_param.pool = PoolingParameter.AVE
    wanted.layer[0].pooling_param.stride = 2
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("- 1", -1),
        ("1.", 1),
        (".5", 0.5),
        ("1.f", 1),
        ("10f", 10),
        ("2.5F", 2.5),
        ("1e-3", 1e-3),
        ("1.5E+2f", 150),
        ("0.0005", 0.0005),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e400", math.inf),
    ],
)
def test_floats(text, value):
    wanted = SolverParameter(base_lr=value)
    assert read(f"base_lr: {text}", SolverParameter) == wanted


def test_nan_is_a_float():
    assert math.isnan(read("base_lr: nan", SolverParameter).base_lr)


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("-7", -7), ("0x1F", 31), ("017", 15), ("0", 0), ("-0x10", -16)]
)
def test_integers(text, value):
    assert read(f"max_iter: {text}", SolverParameter).max_iter == value


@pytest.mark.parametrize("text", ["true", "True", "t", "1"])
def test_ways_to_say_true(text):
    assert read(f"force_backward: {text}").force_backward is True


@pytest.mark.parametrize("text", ["false", "False", "f", "0"])
def test_ways_to_say_false(text):
    net = read(f"force_backward: {text}")
    assert net.HasField("force_backward")
    assert net.force_backward is False


def test_lists_and_repetition_can_be_mixed():
    assert read("test_iter: [1, 2] test_iter: 3 test_iter: []", SolverParameter).test_iter == [
        1,
        2,
        3,
    ]


def test_escapes():
    text = r'''"\a\b\f\n\r\t\v\\\'\"\? \7 \1234 \x4A \u00e9 \U0001F600"'''
    assert layer(f"name: {text}").name == "\a\b\f\n\r\t\v\\'\"? \7 S4 J \u00e9 \U0001f600"


def test_bytes_take_any_escape():
    assert read(r'data: "\377\x00a"', Datum).data == b"\xff\x00a"


def test_empty_braces_are_presence():
    assert layer("relu_param { }").HasField("relu_param")


def test_an_empty_text_is_an_empty_message():
    assert read(" # nothing\n") == NetParameter()


def test_comments_in_other_encodings_do_no_harm():
    text = b'# caf\xe9\nname: "n"'.decode("utf-8", "surrogateescape")
    assert read(text).name == "n"


def test_what_only_one_fork_repeats_is_kept_aside():
    text = "resize_param { width: 1 } resize_param { width: 2 } resize_param { width: 3 }"
    transform = layer(f"transform_param {{ {text} }}").transform_param
    assert transform.resize_param.width == 1
    assert [resize.width for resize in transform.further_resize_param] == [2, 3]


def test_long_lists_of_numbers_are_read():
    values = list(range(1000))
    assert read(f"data: {values}", BlobProto).data == values


@pytest.mark.parametrize(
    "unknown",
    [
        "more: 3",
        "more: -3,",
        'more: "a" "b";',
        "more: NAME",
        "more { a: 1 b { c: [1, 2] } }",
        "more < a: 1 >",
        "more: [1, 2]",
        "more { }",
    ],
)
def test_unknown_fields_can_be_passed_over(unknown):
    net, passed_over = NetParameter(), []
    text = f'name: "n"\n layer {{ name: "a" {unknown} type: "ReLU" }} {unknown}'
    parse_text(text, net, "net.prototxt", passed_over)
    assert (net.name, net.layer[0].name, net.layer[0].type) == ("n", "a", "ReLU")
    first, second = map(str, passed_over)
    assert first.startswith("net.prototxt:2:20: LayerParameter has no field 'more'")
    assert "NetParameter has no field 'more'" in second


def test_a_file_that_ends_in_what_is_passed_over_is_an_error():
    with pytest.raises(ConfigError, match="the file ends inside layer"):
        parse_text("layer { more { a: 1", NetParameter(), passed_over=[])
