import numpy as np
import pytest

from cortado.nets.exchange import import_arrays, named_arrays
from cortado.proto import ConfigError


def weights(net):
    return {name: [blob.data.copy() for blob in blobs] for name, blobs in net.params.items()}


def expected(arrays):
    return {
        "block/conv": [arrays["block.conv.weight"], arrays["block.conv.bias"]],
        "bn": [arrays["bn.running_mean"], arrays["bn.running_var"], np.ones(1)],
        "scale": [arrays["bn.weight"], arrays["bn.bias"]],
        "act": [arrays["act.weight"]],
        "fc": [arrays["fc.weight"], arrays["fc.bias"]],
    }


def assert_equal(found, wanted):
    assert found.keys() == wanted.keys()
    for name in wanted:
        for ours, theirs in zip(found[name], wanted[name], strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_layers_take_the_arrays_of_their_names(net, arrays):
    lines = import_arrays(net, arrays)
    assert_equal(weights(net), expected(arrays))
    assert lines == [
        "block/conv: from block.conv",
        "bn and scale: from bn; factor 1",
        "act: from act",
        "fc: from fc",
    ]


def test_names_do_not_matter_in_order(net, arrays):
    renamed = {f"module.{name.replace('bn', 'n.1')}": array for name, array in arrays.items()}
    import_arrays(net, renamed, by_order=True)
    assert_equal(weights(net), expected(arrays))


@pytest.mark.parametrize("by_order", [False, True])
def test_what_was_exported_is_imported_again(net, arrays, by_order):
    import_arrays(net, arrays)
    before = weights(net)
    for i, scale in enumerate((2, 2, 2)):  # as if Caffe had summed up twice
        net.params["bn"][i].data[...] *= scale
    exported = named_arrays(net)
    assert list(exported)[2:6] == [
        "bn.running_mean",
        "bn.running_var",
        "scale.weight",
        "scale.bias",
    ]
    for blobs in net.params.values():
        for blob in blobs:
            blob.data[...] = 0
    import_arrays(net, exported, by_order=by_order)
    assert_equal(weights(net), before)


def test_the_first_filters_change_the_order_of_their_channels(net, arrays):
    lines = import_arrays(net, arrays, swap_first_layer=True)
    np.testing.assert_array_equal(
        net.params["block/conv"][0].data, arrays["block.conv.weight"][:, ::-1]
    )
    assert lines[-1].startswith("block/conv: channels of the filters swapped")


def test_what_is_missing_becomes_neutral_and_is_said(net, arrays):
    for name in ("block.conv.bias", "bn.weight", "bn.bias"):
        del arrays[name]
    lines = import_arrays(net, arrays)
    assert lines[0] == "block/conv: from block.conv; bias 0, as the file has none"
    assert "weight 1, as the file has none; bias 0" in lines[1]
    assert net.params["block/conv"][1].data.tolist() == [0] * 4
    assert net.params["scale"][0].data.tolist() == [1] * 4


def test_half_precision_and_axes_of_size_one(net, arrays):
    arrays["fc.weight"] = arrays["fc.weight"].astype("float16").reshape(2, 64, 1, 1)
    import_arrays(net, arrays)
    np.testing.assert_array_equal(
        net.params["fc"][0].data, arrays["fc.weight"].reshape(2, 64).astype("float32")
    )


def test_partial_files(net, arrays):
    before = weights(net)
    for name in ("fc.weight", "fc.bias"):
        arrays[f"head.{name}"] = arrays.pop(name)
    lines = import_arrays(net, arrays, partial=True)
    assert lines[-1] == "head.fc: not used"
    np.testing.assert_array_equal(net.params["fc"][0].data, before["fc"][0])


def drop(arrays, *names):
    return {name: array for name, array in arrays.items() if name not in names}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda a: drop(a, "fc.weight", "fc.bias"),
            {},
            r"layer 'fc' \(InnerProduct\): the file has no arrays fc.\*.*-by_order.*-partial",
        ),
        (lambda a: drop(a, "fc.weight"), {}, r"'fc'.*needs weight, but module 'fc'.* has bias"),
        (
            lambda a: a | {"fc.weight": np.ones((64, 2))},
            {},
            r"'fc'.*its weight has shape \(2, 64\), but 'fc.weight' in the file \(64, 2\)",
        ),
        (
            lambda a: a | {"act.bias": np.ones(4)},
            {},
            r"'act' \(PReLU\): has no place for 'bias' of module 'act'",
        ),
        (lambda a: a | {"fc.weight": np.array(["x"])}, {}, "array 'fc.weight' has type <U1"),
        (
            lambda a: drop(a, "fc.weight", "fc.bias"),
            {"by_order": True},
            r"'fc'.*-by_order: the file has arrays for 3 layers, but 4 in the net",
        ),
        (
            lambda a: a | {"more.weight": np.ones(3)},
            {"by_order": True},
            "arrays for 5 layers, but 4 in the net have weights; 'more' is the first",
        ),
        (lambda a: {}, {"partial": True}, "the file has no arrays"),
    ],
)
def test_mistakes_change_nothing(net, arrays, change, options, message):
    before = weights(net)
    with pytest.raises(ConfigError, match=message):
        import_arrays(net, change(arrays), **options)
    assert_equal(weights(net), before)


def test_only_three_channels_can_be_swapped(net, arrays):
    from cortado.nets import Net
    from cortado.proto import parse_net

    grey = Net(
        parse_net("""
            layer { name: "x" type: "Input" top: "x" input_param { shape {
                    dim: 1 dim: 1 dim: 6 dim: 6 } } }
            layer { name: "c" type: "Convolution" bottom: "x" top: "c"
                    convolution_param { num_output: 1 kernel_size: 3 } }
        """),
        1,
    )
    with pytest.raises(ConfigError, match="-swap_first_layer: its filters see 1 channels"):
        import_arrays(grey, {"c.weight": np.ones((1, 1, 3, 3))}, swap_first_layer=True)
    with pytest.raises(ConfigError, match="no convolution gets weights"):
        import_arrays(net, {"fc.weight": np.ones((2, 64))}, partial=True, swap_first_layer=True)
