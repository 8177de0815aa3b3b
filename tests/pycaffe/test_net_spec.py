import copy

import numpy as np
import pytest

import caffe
from caffe import layers as L
from caffe import params as P
from caffe.net_spec import Function, Top, assign_proto, param_name_dict
from caffe.proto import caffe_pb2
from cortado.proto import parse_net


def lenet(batch_size):
    n = caffe.NetSpec()
    n.data, n.label = L.DummyData(
        shape=[dict(dim=[batch_size, 1, 28, 28]), dict(dim=[batch_size, 1, 1, 1])],
        transform_param=dict(scale=1 / 255),
        ntop=2,
    )
    n.conv1 = L.Convolution(
        n.data, kernel_size=5, num_output=20, weight_filler=dict(type="xavier"),
        param=[dict(lr_mult=1), dict(lr_mult=2)],
    )  # fmt: skip
    n.pool1 = L.Pooling(n.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    n.relu1 = L.ReLU(n.pool1, in_place=True)
    n.ip1 = L.InnerProduct(n.relu1, num_output=10, weight_filler=dict(type="xavier"))
    n.loss = L.SoftmaxWithLoss(n.ip1, n.label, loss_weight=2)
    return n.to_proto()


LENET = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
        transform_param { scale: 0.00392156886 }
        dummy_data_param { shape { dim: 64 dim: 1 dim: 28 dim: 28 }
                           shape { dim: 64 dim: 1 dim: 1 dim: 1 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        param { lr_mult: 1 } param { lr_mult: 2 }
        convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "xavier" } } }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "pool1" top: "pool1" }
layer { name: "ip1" type: "InnerProduct" bottom: "pool1" top: "ip1"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip1" bottom: "label" top: "loss"
        loss_weight: 2 }
"""


def test_a_spec_becomes_the_net_it_describes():
    assert lenet(64) == parse_net(LENET)


def test_a_spec_becomes_a_net_that_runs(tmp_path):
    (tmp_path / "net.prototxt").write_text(str(lenet(2)))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    assert net.forward()["loss"] > 0


def test_tops_without_a_name_are_numbered_by_type():
    data = L.Input(shape=dict(dim=[1, 2]))
    pair = L.Slice(L.ReLU(data), ntop=2)
    net = caffe.to_proto(L.Eltwise(*pair), L.ReLU(data))
    assert [(layer.name, list(layer.top)) for layer in net.layer] == [
        ("Input1", ["Input1"]),
        ("ReLU1", ["ReLU1"]),
        ("Slice1", ["Slice1", "Slice2"]),
        ("Eltwise1", ["Eltwise1"]),
        ("ReLU2", ["ReLU2"]),
    ]
    assert L.ReLU(data).to_proto().layer[1].bottom == ["Input1"]


def test_a_top_read_by_many_is_made_once():
    top = L.Input()
    for _ in range(40):
        top = L.Eltwise(top, top)
    assert len(top.to_proto().layer) == 41


def test_layers_without_tops_are_functions():
    n = caffe.NetSpec()
    n.data = L.Input(shape=dict(dim=[1]))
    n.hush = L.Silence(n.data, ntop=0)
    assert isinstance(n.hush, Function)
    layer = n.to_proto().layer[1]
    assert (layer.name, layer.type, list(layer.bottom), list(layer.top)) == (
        "hush", "Silence", ["data"], [],
    )  # fmt: skip
    assert L.Silence(n.data, ntop=0).to_proto().layer[1].name == "Silence1"


def test_names_are_items_too():
    n = caffe.NetSpec()
    n["res/1"] = L.Input()
    assert isinstance(n["res/1"], Top)
    assert n.tops["res/1"] is n["res/1"]
    n.other = L.Input()
    del n.other
    del n["res/1"]
    assert not n.tops
    with pytest.raises(AttributeError, match="the net has no top 'conv'; it has none"):
        _ = n.conv


def test_specs_can_be_copied():
    n = caffe.NetSpec()
    n.data = L.Input()
    assert list(copy.copy(n).tops) == ["data"]


def test_a_field_may_give_the_layers_name():
    assert L.Input(name="mine").to_proto().layer[0].name == "mine"


def test_messages_of_other_types_are_given_by_their_name():
    top = L.Deconvolution(L.Input(), convolution_param=dict(num_output=3, kernel_size=[2, 4]))
    param = top.to_proto().layer[1].convolution_param
    assert (param.num_output, list(param.kernel_size)) == (3, [2, 4])


def test_rules_propagate_down_and_python_layers():
    top = L.Python(
        L.Input(), module="m", layer="C", param_str="{}", include=dict(phase=caffe.TEST),
        propagate_down=[0], loss_weight=1,
    )  # fmt: skip
    layer = top.to_proto().layer[1]
    assert layer.python_param == caffe_pb2.PythonParameter(module="m", layer="C", param_str="{}")
    assert layer.include[0].phase == caffe.TEST
    assert (list(layer.propagate_down), list(layer.loss_weight)) == ([False], [1])


def test_each_type_has_its_message():
    names = param_name_dict()
    assert (names["Convolution"], names["ReLU"], names["LRN"]) == ("convolution", "relu", "lrn")
    assert (names["InnerProduct"], names["HDF5Data"]) == ("inner_product", "hdf5_data")


def test_parameters_are_the_enumerations():
    assert P.Pooling.AVE == caffe_pb2.PoolingParameter.AVE
    assert P.Data.LMDB == 1
    with pytest.raises(AttributeError, match="there is no message PolingParameter"):
        _ = P.Poling


def test_messages_take_dictionaries_lists_and_single_values():
    param = caffe_pb2.ConvolutionParameter()
    assign_proto(param, "kernel_size", np.array([3, 5]))
    assign_proto(param, "pad", 1)
    assign_proto(param, "weight_filler", caffe_pb2.FillerParameter(std=2))
    assign_proto(param, "bias_filler", {})
    assert (list(param.kernel_size), list(param.pad), param.weight_filler.std) == ([3, 5], [1], 2)
    assert param.HasField("bias_filler")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (dict(num_ouput=3), "ConvolutionParameter has no field 'num_ouput'; did you mean 'num_out"),
        (dict(num_output="many"), "ConvolutionParameter.num_output: cannot be 'many'"),
        (dict(weight_filler=dict(kind="x")), "FillerParameter has no field 'kind'"),
        (dict(paramm=dict()), "has no field 'paramm'"),
    ],
)
def test_fields_that_do_not_fit_are_named(fields, message):
    with pytest.raises(ValueError, match=rf"layer 'Convolution1' \(Convolution\): .*{message}"):
        L.Convolution(L.Input(), **fields).to_proto()


def test_inputs_must_be_tops():
    with pytest.raises(TypeError, match="ReLU: input 0 is a tuple, not a top"):
        L.ReLU(L.DummyData(ntop=2))
    with pytest.raises(TypeError, match="ReLU: works in place, but has 1 tops for 0 inputs"):
        L.ReLU(in_place=True)
    with pytest.raises(TypeError, match="data: a tuple is no top; name each of them"):
        caffe.NetSpec().data = L.DummyData(ntop=2)
    with pytest.raises(AttributeError, match="no layer type '__wrapped__'"):
        _ = L.__wrapped__
