import pytest

from cortado.proto import ConfigError, parse_text
from cortado.proto.caffe_pb2 import (
    ConvolutionParameter,
    NetParameter,
    PoolingParameter,
    SolverParameter,
)


def refused(text, kind=NetParameter):
    with pytest.raises(ConfigError) as problem:
        parse_text(text, kind(), "net.prototxt")
    return str(problem.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'name: "n"\nlayer {\n  nam: "a"\n}',
            "net.prototxt:3:3: LayerParameter has no field 'nam'; did you mean 'name'?",
        ),
        (
            "layer { convolution_param { kernal_size: 3 } }",
            "net.prototxt:1:29: ConvolutionParameter has no field 'kernal_size'; "
            "did you mean 'kernel_size'?",
        ),
        (
            "layer { pyramid_height: 3 }",
            "net.prototxt:1:9: LayerParameter has no field 'pyramid_height'; "
            "it belongs inside spp_param",
        ),
        ("layer { zzzz: 3 }", "net.prototxt:1:9: LayerParameter has no field 'zzzz'"),
        (
            "base_lr: 0.1",
            "net.prototxt:1:1: NetParameter has no field 'base_lr', SolverParameter has: "
            "is this the file of a solver?",
        ),
        (
            'layer { name: "a" } type: "ReLU" }',
            "net.prototxt:1:21: NetParameter has no field 'type'; it belongs inside layers, layer",
        ),
        (
            'layer {\n  name: "a"\nlayer {\n  name: "b"\n}',
            "net.prototxt:3:1: LayerParameter has no field 'layer', NetParameter has: "
            "is '}' missing for the layer opened at line 1, column 1?",
        ),
        (
            "layer {\n  relu_param {\n}",
            "net.prototxt:3:2: the file ends inside layer, opened at line 1, column 1: "
            "'}' is missing",
        ),
        (
            "layer { }\n}",
            "net.prototxt:2:1: '}' closes nothing: delete it, or add the brace that it closes",
        ),
        ("layer { >", "net.prototxt:1:9: a field of LayerParameter expected, found '>'"),
        (
            "<!DOCTYPE html>\n<html>",
            "net.prototxt:1:1: a web page, not a prototxt: download the raw file",
        ),
        (
            "<<<<<<< HEAD\nlayer { }",
            "net.prototxt:1:1: an unresolved merge conflict: keep one side and delete the markers",
        ),
        ("layer { top 3 }", "net.prototxt:1:13: ':' expected after top, found '3'"),
        ("layer: 3", "net.prototxt:1:8: '{' expected after layer, found '3'"),
        ("input_dim: [1 2]", "net.prototxt:1:15: ',' or ']' expected in the list of input_dim"),
        (
            'name: "a"\nname: "b"',
            "net.prototxt:2:1: name is given twice, on lines 1 and 2; it may be given once",
        ),
        (
            "layer { relu_param { } relu_param { } }",
            "net.prototxt:1:24: relu_param is given twice, on lines 1 and 1; it may be given once",
        ),
        (
            "layer { clip_param { min: 1 } }",
            "net.prototxt: required, but not given: layer[0].clip_param.max",
        ),
    ],
)
def test_what_is_wrong_and_where(text, message):
    assert refused(text) == message


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (ConvolutionParameter, "pad: -1", "1:7: pad expects a non-negative integer; got '-1'"),
        (ConvolutionParameter, "pad: x", "1:6: pad expects a non-negative integer; got 'x'"),
        (ConvolutionParameter, 'pad: "1"', '1:6: pad expects a non-negative integer; got "1"'),
        (ConvolutionParameter, "pad: 08", "1:6: pad expects a non-negative integer; got '08'"),
        (
            ConvolutionParameter,
            "pad: 4294967296",
            "1:6: pad expects an integer from 0 to 4294967295; got '4294967296'",
        ),
        (SolverParameter, "max_iter: 1.5", "1:11: max_iter expects an integer; got '1.5'"),
        (SolverParameter, "max_iter: 1e5", "1:11: max_iter expects an integer; got '1e5'"),
        (
            SolverParameter,
            "max_iter: -2147483649",
            "1:12: max_iter expects an integer from -2147483648 to 2147483647; got '-2147483649'",
        ),
        (SolverParameter, "base_lr: fast", "1:10: base_lr expects a number; got 'fast'"),
        (SolverParameter, "base_lr: 0x1", "1:10: base_lr expects a number; got '0x1'"),
        (SolverParameter, 'base_lr: "1"', '1:10: base_lr expects a number; got "1"'),
        (SolverParameter, "base_lr:", "1:9: base_lr expects a number; got the end of the file"),
        (SolverParameter, "debug_info: 2", "1:13: debug_info expects true or false; got '2'"),
        (SolverParameter, "debug_info: -1", "1:14: debug_info expects true or false; got '-1'"),
        (SolverParameter, "net: a.prototxt", "1:6: net expects a string in quotes; got 'a'"),
        (
            SolverParameter,
            'net: "a.prototxt\n',
            "1:6: net expects a string, and the quote does not close on its line; got '\"'",
        ),
        (
            SolverParameter,
            r"net: 'C:\data'",
            r"1:6: net expects a string with C's escapes (\d is none; a backslash is \\);"
            r" got 'C:\data'",
        ),
        (
            SolverParameter,
            r"net: '\400'",
            r"1:6: net expects a string whose escapes are bytes (\400 is above \377);"
            r" got '\400'",
        ),
        (
            SolverParameter,
            r"net: '\ud800'",
            r"1:6: net expects a string whose escapes are characters (\ud800 is none);"
            r" got '\ud800'",
        ),
        (
            SolverParameter,
            r"net: '\377'",
            "1:6: net expects a string of UTF-8 text (save the file as UTF-8);"
            r" got '\377'",
        ),
        (
            PoolingParameter,
            "pool: AVG",
            "1:7: pool expects one of MAX, AVE, STOCHASTIC; got 'AVG'; did you mean AVE?",
        ),
        (
            PoolingParameter,
            'pool: "MAX"',
            "1:7: pool expects one of MAX, AVE, STOCHASTIC, without quotes; "
            'got "MAX"; did you mean MAX?',
        ),
        (
            PoolingParameter,
            "pool: 7",
            "1:7: pool expects one of MAX, AVE, STOCHASTIC; got '7'",
        ),
    ],
)
def test_what_a_field_expects(kind, text, message):
    assert refused(text, kind) == f"net.prototxt:{message}"


def test_columns_and_lines_survive_byte_order_mark_and_carriage_returns():
    assert refused('\ufeffname: "n"\r\n  nam: 1\r\n').startswith("net.prototxt:2:3: ")


def test_strings_in_other_encodings_are_refused():
    text = b'name: "caf\xe9"'.decode("utf-8", "surrogateescape")
    with pytest.raises(ConfigError, match="1:7: name expects a string of UTF-8 text"):
        parse_text(text, NetParameter(), "net.prototxt")
