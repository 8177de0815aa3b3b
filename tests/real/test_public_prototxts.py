"""Nets of public repositories are built, layer by layer, wherever all their layer types are known.

Their databases and lists of images are not public. DummyData takes the place of the data layers, in
the shapes that the prototxt tells, or else in the first of some usual ones that the net can be
built with.
"""

import zipfile
from collections import Counter
from itertools import product

from cortado.layers import layer_types
from cortado.layers.twins import twin_of
from cortado.nets import Net
from cortado.nets.rules import net_state, select_layers
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST, TRAIN, LayerParameter

USUAL_SIZES = (28, 32, 64, 224, 512)  # pixels
USUAL_CHANNELS = (3, 1)
USUAL_LENGTH = 16  # frames
DATA_PARAMS = {
    "Data": "data_param",
    "ImageData": "image_data_param",
    "HDF5Data": "hdf5_data_param",
    "MemoryData": "memory_data_param",
    "WindowData": "window_data_param",
    "AnnotatedData": "data_param",
    "VideoData": "data_param",
    "ImageLabelmapData": "image_data_param",
    "DenseImageData": "dense_image_data_param",
}
# What RoIDataLayer gives beside an image, for training by Faster R-CNN and by Fast R-CNN.
REGIONS = {"im_info": (1, 3), "gt_boxes": (4, 5), "rois": (4, 5), "labels": (4,)}
REGIONS |= dict.fromkeys(("bbox_targets", "bbox_inside_weights", "bbox_outside_weights"), (4, 84))
LABEL_MAPS = ("ImageLabelmapData", "DenseImageData")
# Of those that are not built, some read targets whose shape only their database knows, some are
# refused by BVLC Caffe as well, and one wants a filler that only a fork has.
FLOOR = 0.95


def read_archive(path):
    """(name, NetParameter) of every net in the archive that can be read."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("net/") or name.endswith("/"):
                continue
            try:
                yield name, parse_net(archive.read(name).decode("utf-8", "surrogateescape"), name)
            except ConfigError:
                continue  # tests/proto/test_in_the_wild.py has those


def phase_of(net):
    """TRAIN for a net that reads data, TEST for one that is given it."""
    layers = select_layers(net, net_state(net, TRAIN, 0, ())).layer
    is_given = any(layer.type == "Input" for layer in layers)
    return TRAIN if any(map(is_data, layers)) and not is_given else TEST


def tops_of(layer, channels, size):
    """Shapes of a data layer's tops: the sizes its parameters tell, or those proposed."""
    if layer.type == "Python":
        return [REGIONS.get(top, (1, 3, 224, 320)) for top in layer.top]
    param = getattr(layer, DATA_PARAMS[layer.type])
    transform = layer.transform_param
    crop = transform.crop_size or getattr(param, "crop_size", 0)
    if transform.HasField("resize_param") and not crop:
        channels, size = 3, transform.resize_param.height
    height = crop or getattr(param, "new_height", 0) or getattr(param, "height", 0) or size
    width = crop or getattr(param, "new_width", 0) or getattr(param, "width", 0) or size
    if layer.type == "MemoryData":
        channels = param.channels
    elif len(transform.mean_value) == 3 or transform.force_color:
        channels = 3
    images = (param.batch_size, channels, height, width)
    if layer.type == "AnnotatedData":
        return [images, (1, 1, 1, 8)][: len(layer.top)]
    if layer.type in LABEL_MAPS:
        factor = getattr(param, "label_divide_factor", 1)
        return [images, (param.batch_size, 1, height // factor, width // factor)]
    return [images] + [(param.batch_size,)] * (len(layer.top) - 1)


def is_data(layer):
    """Whether a layer reads data that is not public."""
    return layer.type in DATA_PARAMS or layer.python_param.layer == "RoIDataLayer"


def is_its_own(layer):
    """Whether a layer is Python code that is not public."""
    python = layer.python_param
    return layer.type == "Python" and not (is_data(layer) or twin_of(python.module, python.layer))


def without_data(net, channels, size):
    """The net with DummyData for its data layers."""
    copy = type(net)()
    copy.CopyFrom(net)
    volumes = any(layer.type == "Convolution3D" for layer in net.layer)
    for layer in copy.layer:
        layer.detection_evaluate_param.ClearField("name_size_file")  # names a file of theirs
        if not is_data(layer):
            continue
        dummy = LayerParameter(name=layer.name, type="DummyData", top=layer.top)
        dummy.include.extend(layer.include)
        dummy.exclude.extend(layer.exclude)
        for shape in tops_of(layer, channels, size):
            if volumes:  # their batches are told elsewhere
                shape = (max(shape[0], 1), *shape[1:])
            if volumes and len(shape) == 4:
                shape = (*shape[:2], USUAL_LENGTH, *shape[2:])
            dummy.dummy_data_param.shape.add(dim=shape)
        layer.CopyFrom(dummy)
    return copy


def problem_of(net):
    """None if the net can be built, else what the first usual shape says is wrong."""
    phase = phase_of(net)
    problems = []
    for size, channels in product(USUAL_SIZES, USUAL_CHANNELS):
        candidate = without_data(net, channels, size)
        try:
            Net(candidate, phase, seed=1).close()
        except ConfigError as problem:
            problems.append(str(problem))
            if candidate == net:  # nothing was proposed
                break
        else:
            return None
    return problems[0]


def test_nets_of_known_layers_are_built(real):
    known = set(layer_types())
    unknown, problems, own_layers, built = Counter(), {}, 0, 0
    for name, net in read_archive(real("data/prototxts.zip")):
        types = {layer.type for layer in net.layer}
        if types - known:
            unknown.update(types - known)
        elif any(map(is_its_own, net.layer)):
            own_layers += 1
        elif problem := problem_of(net):
            problems[name] = problem
        else:
            built += 1
    print(f"{built} nets built, {len(problems)} not, {own_layers} with Python layers of their own")
    print("nets that name unknown types:", dict(unknown.most_common()))
    for name, problem in problems.items():
        print(f"{name}: {problem}")
    assert built >= FLOOR * (built + len(problems))
