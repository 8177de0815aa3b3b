"""WindowData: windows cut out of images, to train detectors as R-CNN did."""

from collections import Counter

from ..core import Shape, log, register
from ..data.naming import naming
from ..data.window_batches import WindowBatches
from ..data.window_file import WindowFile, read_window_file
from ..proto import ConfigError
from .families.prefetching import PrefetchingLayer

_CROP_MODES = ("warp", "square")


@register("WindowData")
class WindowData(PrefetchingLayer):
    """Windows cut out of images at random: background first, then objects, with their class.

    top[0]  crops (N, 3, crop_size, crop_size), transformed
    top[1]  labels (N,); 0 is background

    The fraction fg_fraction of every batch are windows that overlap an object by fg_threshold or
    more, the others overlap one by less than bg_threshold. Windows are warped to the crop with
    context_pad pixels around them (crop_mode "warp"), or the smallest square around them is
    ("square"). source is a window file; see data/window_file.py.

    Prototxt: window_data_param { source, batch_size, fg_threshold: 0.5, bg_threshold: 0.5,
    fg_fraction: 0.25, context_pad: 0, crop_mode: "warp", cache_images: false, root_folder: "" },
    transform_param { crop_size, scale: 1, mirror: false, mean_file, mean_value }, data_param
    { prefetch: 4 }
    Source: Girshick et al., "Rich feature hierarchies for accurate object detection and semantic
    segmentation", CVPR 2014; Caffe's window_data_layer.cpp.
    """

    def open_reader(self, seed: int) -> tuple[WindowBatches, list[Shape]]:
        param = self.param.window_data_param
        batch_size = self.batch_size("window_data_param")
        crop_size = self.param.transform_param.crop_size
        if crop_size <= 2 * param.context_pad:
            raise ConfigError(
                f"transform_param.crop_size: {crop_size} must be above 0 and above twice "
                f"window_data_param.context_pad ({param.context_pad})"
            )
        if param.crop_mode not in _CROP_MODES:
            raise ConfigError(
                f"window_data_param.crop_mode: {param.crop_mode!r} is none of {_CROP_MODES}"
            )
        with naming("window_data_param.source"):
            file = read_window_file(param.source, param.root_folder)
        reader = WindowBatches(file, param, self.param.transform_param, self.dtype)
        shape = (batch_size, 3, crop_size, crop_size)
        self._narrate(file, reader, shape)
        return reader, [shape, (batch_size,)]

    def _narrate(self, file: WindowFile, reader: WindowBatches, shape: Shape) -> None:
        param = self.param.window_data_param
        log.info("window_data_layer.cpp:167", f"Number of images: {len(file.images)}")
        samples = Counter(w.label for w in reader.foreground) + Counter({0: len(reader.background)})
        for label, count in sorted(samples.items()):
            log.info("window_data_layer.cpp:171", f"class {label} has {count} samples")
        log.info("window_data_layer.cpp:175", f"Amount of context padding: {param.context_pad}")
        log.info("window_data_layer.cpp:178", f"Crop mode: {param.crop_mode}")
        size = ",".join(map(str, shape))
        log.info("window_data_layer.cpp:193", f"output data size: {size}")
