import numpy as np
import pytest

from cortado.proto import ConfigError

P = np.tile([0.6, 0.4], (2, 1))[:, None]  # the best path gives nothing; all paths together, 1


@pytest.mark.parametrize("kind", ["CTCDecoder", "CtcDecoder"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", [1, -1]),
        ("ctc_param { decode_type: prefix_search }", [1, -1]),
        ("ctc_param { decode_type: best_path }", [-1, -1]),
    ],
)
def test_it_searches_or_takes_the_best_path(make_layer, kind, fields, expected):
    prototxt = f'type: "{kind}" ctc_decoder_param {{ blank_index: 0 }} {fields}'
    layer, bottom, top = make_layer(prototxt, P)
    layer.forward(bottom, top)
    assert top[0].data.ravel().tolist() == expected


def test_there_is_no_third_way(make_layer):
    prototxt = 'type: "CtcDecoder" ctc_param { decode_type: best_path_thres }'
    with pytest.raises(
        ConfigError, match=r"\(CtcDecoder\): ctc_param.decode_type: best_path_thres"
    ):
        make_layer(prototxt, P)
