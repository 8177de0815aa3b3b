"""Small detectors, wired as the published ones are, learn to find and to tell bright rectangles."""

import cv2
import numpy as np
import pytest

from cortado.nets.net import Net
from cortado.proto import caffe_pb2
from cortado.proto.text import parse_text

HEADS = """
layer { name: "rpn_cls_score" type: "Convolution" bottom: "conv" top: "rpn_cls_score"
  convolution_param { num_output: 6 kernel_size: 1 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "rpn_bbox_pred" type: "Convolution" bottom: "conv" top: "rpn_bbox_pred"
  convolution_param { num_output: 12 kernel_size: 1 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "rpn_cls_score_reshape" type: "Reshape" bottom: "rpn_cls_score"
  top: "rpn_cls_score_reshape" reshape_param { shape { dim: 0 dim: 2 dim: -1 dim: 0 } } }
layer { name: "rpn-data" type: "Python" bottom: "rpn_cls_score" bottom: "gt_boxes"
  bottom: "im_info" bottom: "data" top: "rpn_labels" top: "rpn_bbox_targets"
  top: "rpn_bbox_inside_weights" top: "rpn_bbox_outside_weights"
  python_param { module: "rpn.anchor_target_layer" layer: "AnchorTargetLayer"
    param_str: "'feat_stride': 8 \\n'scales': [2]" } }
layer { name: "rpn_loss_cls" type: "SoftmaxWithLoss" bottom: "rpn_cls_score_reshape"
  bottom: "rpn_labels" propagate_down: 1 propagate_down: 0 top: "rpn_cls_loss" loss_weight: 1
  loss_param { ignore_label: -1 normalize: true } }
layer { name: "rpn_loss_bbox" type: "SmoothL1Loss" bottom: "rpn_bbox_pred"
  bottom: "rpn_bbox_targets" bottom: "rpn_bbox_inside_weights" bottom: "rpn_bbox_outside_weights"
  top: "rpn_loss_bbox" loss_weight: 1 smooth_l1_loss_param { sigma: 3 } }
layer { name: "rpn_cls_prob" type: "Softmax" bottom: "rpn_cls_score_reshape" top: "rpn_cls_prob" }
layer { name: "rpn_cls_prob_reshape" type: "Reshape" bottom: "rpn_cls_prob"
  top: "rpn_cls_prob_reshape" reshape_param { shape { dim: 0 dim: 6 dim: -1 dim: 0 } } }
layer { name: "proposal" type: "Python" bottom: "rpn_cls_prob_reshape" bottom: "rpn_bbox_pred"
  bottom: "im_info" top: "rpn_rois"
  python_param { module: "rpn.proposal_layer" layer: "ProposalLayer"
    param_str: "'feat_stride': 8 \\n'scales': [2]" } }
layer { name: "roi-data" type: "Python" bottom: "rpn_rois" bottom: "gt_boxes"
  top: "rois" top: "labels" top: "bbox_targets" top: "bbox_inside_weights"
  top: "bbox_outside_weights"
  python_param { module: "rpn.proposal_target_layer" layer: "ProposalTargetLayer"
    param_str: "'num_classes': 3" } }
"""
FASTER_RCNN = """
layer { name: "roi_pool5" type: "ROIPooling" bottom: "conv" bottom: "rois" top: "pool5"
  roi_pooling_param { pooled_w: 3 pooled_h: 3 spatial_scale: 0.125 } }
layer { name: "cls_score" type: "InnerProduct" bottom: "pool5" top: "cls_score"
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" std: 0.01 } } }
layer { name: "bbox_pred" type: "InnerProduct" bottom: "pool5" top: "bbox_pred"
  inner_product_param { num_output: 12 weight_filler { type: "gaussian" std: 0.001 } } }
layer { name: "loss_cls" type: "SoftmaxWithLoss" bottom: "cls_score" bottom: "labels"
  propagate_down: 1 propagate_down: 0 top: "loss_cls" loss_weight: 1 }
layer { name: "loss_bbox" type: "SmoothL1Loss" bottom: "bbox_pred" bottom: "bbox_targets"
  bottom: "bbox_inside_weights" bottom: "bbox_outside_weights" top: "loss_bbox" loss_weight: 1 }
"""
RFCN = """
layer { name: "rfcn_cls" type: "Convolution" bottom: "conv" top: "rfcn_cls"
  convolution_param { num_output: 27 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "rfcn_bbox" type: "Convolution" bottom: "conv" top: "rfcn_bbox"
  convolution_param { num_output: 108 kernel_size: 1 weight_filler { type: "xavier" } } }
layer { name: "psroi_cls" type: "PSROIPooling" bottom: "rfcn_cls" bottom: "rois" top: "psroi_cls"
  psroi_pooling_param { spatial_scale: 0.125 output_dim: 3 group_size: 3 } }
layer { name: "ave_cls" type: "Pooling" bottom: "psroi_cls" top: "cls_score"
  pooling_param { pool: AVE kernel_size: 3 stride: 3 } }
layer { name: "psroi_loc" type: "PSROIPooling" bottom: "rfcn_bbox" bottom: "rois" top: "psroi_loc"
  psroi_pooling_param { spatial_scale: 0.125 output_dim: 12 group_size: 3 } }
layer { name: "ave_loc" type: "Pooling" bottom: "psroi_loc" top: "bbox_pred"
  pooling_param { pool: AVE kernel_size: 3 stride: 3 } }
layer { name: "per_roi_loss_cls" type: "SoftmaxWithLossOHEM" bottom: "cls_score" bottom: "labels"
  top: "temp_loss_cls" top: "temp_prob_cls" top: "per_roi_loss_cls"
  loss_weight: 0 loss_weight: 0 loss_weight: 0 propagate_down: false propagate_down: false }
layer { name: "per_roi_loss_bbox" type: "SmoothL1LossOHEM" bottom: "bbox_pred"
  bottom: "bbox_targets" bottom: "bbox_inside_weights" top: "temp_loss_bbox"
  top: "per_roi_loss_bbox" loss_weight: 0 loss_weight: 0
  propagate_down: false propagate_down: false propagate_down: false }
layer { name: "per_roi_loss" type: "Eltwise" bottom: "per_roi_loss_cls" bottom: "per_roi_loss_bbox"
  top: "per_roi_loss" propagate_down: false propagate_down: false }
layer { name: "annotator" type: "BoxAnnotatorOHEM" bottom: "rois" bottom: "per_roi_loss"
  bottom: "labels" bottom: "bbox_inside_weights" top: "labels_ohem" top: "bbox_loss_weights_ohem"
  box_annotator_ohem_param { roi_per_img: 16 ignore_label: -1 }
  propagate_down: false propagate_down: false propagate_down: false propagate_down: false }
layer { name: "silence" type: "Silence" bottom: "bbox_outside_weights" bottom: "temp_loss_cls"
  bottom: "temp_prob_cls" bottom: "temp_loss_bbox" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "cls_score" bottom: "labels_ohem"
  top: "loss_cls" loss_weight: 1 loss_param { ignore_label: -1 }
  propagate_down: true propagate_down: false }
layer { name: "loss_bbox" type: "SmoothL1LossOHEM" bottom: "bbox_pred" bottom: "bbox_targets"
  bottom: "bbox_loss_weights_ohem" top: "loss_bbox" loss_weight: 1
  loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 16 }
  propagate_down: true propagate_down: false propagate_down: false }
"""
TRUNK = """
layer { name: "input" type: "Input" top: "data" top: "im_info" top: "gt_boxes"
  input_param { shape { dim: 1 dim: 3 dim: 64 dim: 96 } shape { dim: 1 dim: 3 }
                shape { dim: 1 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 8 stride: 8 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
"""


def scene(rng):
    """An image of noise with a bright rectangle, flat in one colour of two, and its box."""
    image = rng.normal(0, 0.1, (3, 64, 96))
    x, y = rng.integers(0, 64), rng.integers(0, 40)
    label = rng.integers(1, 3)
    image[label, y : y + 18, x : x + 24] += 1
    return image, [[x, y, x + 23, y + 17, label]]


@pytest.mark.parametrize("head", [FASTER_RCNN, RFCN], ids=["faster_rcnn", "rfcn"])
def test_losses_fall(head):
    param = caffe_pb2.NetParameter()
    parse_text(TRUNK + HEADS + head, param)
    net = Net(param, caffe_pb2.TRAIN, seed=1, keep=())
    rng = np.random.default_rng(2)
    history = []
    for _ in range(40):
        image, box = scene(rng)
        net.blobs["data"].data[0] = image
        net.blobs["im_info"].data[...] = [64, 96, 1]
        net.blobs["gt_boxes"].data[...] = box
        history.append(net.forward())
        net.backward(adds=False)
        for weights in net.params.values():
            for weight in weights:
                weight.data[...] -= 0.05 * weight.diff
    first, last = np.mean(history[:10]), np.mean(history[-10:])
    assert last < 0.85 * first


INPUT = """
layer { name: "input-data" type: "Python" top: "data" top: "im_info" top: "gt_boxes"
  python_param { module: "roi_data_layer.layer" layer: "RoIDataLayer"
    param_str: "'num_classes': 3 \\n'source': 'windows.txt' \\nscale: 64 \\nmax_size: 96" } }
"""
SOLVER = """
net: "net.prototxt" base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 max_iter: 6 snapshot: 3
snapshot_prefix: "it" random_seed: 1 solver_mode: CPU
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Images, a window file, a net and a solver, in the working directory."""
    monkeypatch.chdir(tmp_path)
    rng, lines = np.random.default_rng(4), []
    for i in range(4):
        image, ((x1, y1, x2, y2, label),) = scene(rng)
        pixels = np.clip(100 + 80 * image.transpose(1, 2, 0), 0, 255).astype("uint8")
        cv2.imwrite(f"{i}.png", pixels)
        box = f"{label} 1 {x1} {y1} {min(x2, 95)} {min(y2, 63)}"
        lines += [f"# {i}", f"{i}.png", "3", "64", "96", "1", box]
    (tmp_path / "windows.txt").write_text("\n".join(lines))
    trunk = TRUNK[TRUNK.index('layer { name: "conv"') :]
    (tmp_path / "net.prototxt").write_text(INPUT + trunk + HEADS + FASTER_RCNN)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


def test_a_resumed_training_equals_an_unbroken_one(folder, caffe):
    status, lines = caffe("train", "-solver", "solver.prototxt")
    assert status == 0
    assert any("rpn.proposal_layer.ProposalLayer cannot be imported" in line for line in lines)
    unbroken = (folder / "it_iter_6.caffemodel").read_bytes()
    (folder / "it_iter_6.caffemodel").unlink()
    status, _ = caffe("train", "-solver", "solver.prototxt", "-snapshot", "it_iter_3.solverstate")
    assert status == 0
    assert (folder / "it_iter_6.caffemodel").read_bytes() == unbroken
