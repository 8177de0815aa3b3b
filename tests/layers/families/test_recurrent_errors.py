import pytest

from cortado.proto import ConfigError

each_type = pytest.mark.parametrize("kind", ["RNN", "LSTM"])


def recurrent(kind, more=""):
    return f'type: "{kind}" recurrent_param {{ num_output: 4 {more} }}'


@each_type
def test_num_output_is_required(make_layer, kind):
    with pytest.raises(ConfigError, match=r"recurrent_param.num_output is required"):
        make_layer(f'type: "{kind}"', (4, 3, 5), (4, 3))


@each_type
@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(4,), (4,)], r"bottom\[0\] must be x \(T, N, \.\.\.\), got shape \(4,\)"),
        ([(4, 3, 5), (3, 4)], r"must be cont \(T, N\) = \(4, 3\).*got shape \(3, 4\)"),
        ([(4, 3, 5), (4, 3, 1)], r"must be cont \(T, N\) = \(4, 3\).*got shape \(4, 3, 1\)"),
        ([(4, 3, 5), (4, 3), (4, 2)], r"x_static \(N, \.\.\.\) with N = 3.*got shape \(4, 2\)"),
        ([(4, 3, 5), (4, 3), ()], r"x_static \(N, \.\.\.\) with N = 3.*got shape \(\)"),
    ],
)
def test_bad_shapes_are_named(make_layer, kind, shapes, message):
    with pytest.raises(ConfigError, match=rf"^layer 'it' \({kind}\): .*{message}"):
        make_layer(recurrent(kind), *shapes)


def test_bad_shape_of_an_exposed_state_is_named(make_layer):
    param = recurrent("LSTM", more="expose_hidden: true")
    shapes = [(4, 3, 5), (4, 3), (1, 3, 4), (3, 4)]
    message = r"bottom\[3\] must be c_0 .* = \(1, 3, 4\), got shape \(3, 4\)"
    with pytest.raises(ConfigError, match=message):
        make_layer(param, *shapes, tops=3)


@pytest.mark.parametrize(
    ("kind", "more", "bottoms", "tops", "message"),
    [
        ("LSTM", "", 1, 1, "takes 2 or 3 bottom blobs, got 1"),
        ("LSTM", "", 4, 3, "takes 2 or 3 bottom blobs, got 4"),
        ("LSTM", "expose_hidden: true", 3, 3, "takes 4 or 5 bottom blobs, got 3"),
        ("LSTM", "expose_hidden: true", 4, 1, "takes 3 top blobs, got 1"),
        ("RNN", "expose_hidden: true", 2, 2, "takes 3 or 4 bottom blobs, got 2"),
        ("RNN", "expose_hidden: true", 3, 1, "takes 2 top blobs, got 1"),
    ],
)
def test_exposed_states_change_how_many_blobs_there_are(
    make_layer, kind, more, bottoms, tops, message
):
    with pytest.raises(ConfigError, match=message):
        make_layer(recurrent(kind, more=more), *[(1, 3, 4)] * bottoms, tops=tops)
