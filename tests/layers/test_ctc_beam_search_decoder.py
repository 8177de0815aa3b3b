import itertools
from collections import Counter

import numpy as np
import pytest

from cortado.proto import ConfigError


def decoder(fields=""):
    return f'type: "CTCBeamSearchDecoder" ctc_decoder_param {{ {fields} }}'


def probabilities(steps=5, count=4, classes=3, seed=3):
    scores = np.random.default_rng(seed).standard_normal((steps, count, classes))
    return np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)


def read(path, blank, merges):
    found, before = [], None
    for k in path:
        if k != blank and not (merges and k == before):
            found.append(k)
        before = k
    return tuple(found)


@pytest.mark.parametrize("merges", ["true", "false"])
@pytest.mark.parametrize("blank", [0, 1])
def test_a_wide_beam_finds_the_likeliest_of_all_sequences(make_layer, blank, merges):
    p = probabilities()
    fields = f"beam_width: 1000 blank_index: {blank} ctc_merge_repeated: {merges}"
    layer, bottom, top = make_layer(decoder(fields), p, tops=1)
    layer.forward(bottom, top)
    for n in range(4):
        chances = Counter()
        for path in itertools.product(range(3), repeat=5):
            chances[read(path, blank, merges == "true")] += np.prod(p[range(5), n, path])
        (best, _), *_ = chances.most_common()
        assert tuple(int(k) for k in top[0].data[n].ravel() if k >= 0) == best


def test_score_is_minus_the_log_of_the_probability(make_layer):
    p = probabilities(steps=2, count=1)
    layer, bottom, top = make_layer(decoder("blank_index: 0"), p, np.ones((2, 1)), tops=2)
    layer.forward(bottom, top)
    chances = Counter()
    for path in itertools.product(range(3), repeat=2):
        chances[read(path, 0, True)] += np.prod(p[range(2), 0, path])
    assert top[1].data.item() == pytest.approx(-np.log(max(chances.values())))


def test_all_paths_together_may_beat_the_best_path(make_layer):
    p = np.tile([0.6, 0.4], (2, 1))[:, None]  # best path: two blanks, 0.36; "1" has 0.64
    for kind, expected in (("CTCGreedyDecoder", [-1, -1]), ("CTCBeamSearchDecoder", [1, -1])):
        prototxt = f'type: "{kind}" ctc_decoder_param {{ blank_index: 0 }}'
        layer, bottom, top = make_layer(prototxt, p)
        layer.forward(bottom, top)
        assert top[0].data.ravel().tolist() == expected


def test_long_sequences_do_not_vanish(make_layer):
    p = np.full((3000, 1, 10), 0.1)
    layer, bottom, top = make_layer(decoder("beam_width: 2"), p, np.ones((3000, 1)), tops=2)
    layer.forward(bottom, top)
    assert 0 < top[1].data.item() < np.inf


def test_scores_are_refused(make_layer):
    layer, bottom, top = make_layer(decoder(), (5, 2, 3))
    with pytest.raises(ConfigError, match=r"bottom\[0\] must be probabilities, .* put a Softmax"):
        layer.forward(bottom, top)


def test_the_beam_has_a_width(make_layer):
    with pytest.raises(ConfigError, match="ctc_decoder_param.beam_width must be at least 1, got 0"):
        make_layer(decoder("beam_width: 0"), (5, 2, 3))
