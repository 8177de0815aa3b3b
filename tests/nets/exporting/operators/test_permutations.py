import pytest


@pytest.mark.parametrize("order", ["order: 0 order: 2 order: 3 order: 1", "order: 1"])
def test_permute(check, order):
    check(f'type: "Permute" permute_param {{ {order} }}', x=(2, 3, 4, 5))


def test_heads_of_detectors_follow_the_batch(check):
    layers = """layer { name: "p" type: "Permute" bottom: "x" top: "p"
                        permute_param { order: 0 order: 2 order: 3 order: 1 } }
                layer { name: "f" type: "Flatten" bottom: "p" top: "y" }"""
    check(layers, x=(2, 3, 4, 5), batches=[3])


def test_transpose(check):
    check('type: "Transpose" transpose_param { dim: 2 dim: 0 dim: 1 }', x=(2, 3, 4))


@pytest.mark.parametrize("shape", [(2, 6, 4, 5), (2, 6)], ids=str)
def test_shuffle_channel(check, shape):
    check('type: "ShuffleChannel" shuffle_channel_param { group: 3 }', x=shape, batches=[3])


@pytest.mark.parametrize("fields", ["stride: 2", "stride: 2 reverse: true"])
def test_reorg(check, fields):
    check(f'type: "Reorg" reorg_param {{ {fields} }}', x=(2, 8, 4, 6), batches=[3])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_reverse(check, axis):
    check(f'type: "Reverse" reverse_param {{ axis: {axis} }}', x=(2, 3, 4))


@pytest.mark.parametrize("fields", ["", "flip_height: true", "flip_width: false"])
def test_flip(check, fields):
    check(f'type: "Flip" flip_param {{ {fields} }}', x=(2, 3, 4, 5))
