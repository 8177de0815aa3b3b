"""ImageData: image files named in a list."""

from ..core import Shape, log, register
from ..data.image_batches import ImageBatches
from ..data.image_list import read_image_list
from ..data.naming import naming
from ..data.transform import Transformer
from ..proto import ConfigError
from .families.prefetching import PrefetchingLayer


@register("ImageData")
class ImageData(PrefetchingLayer):
    """Images named in a list, with their labels.

    top[0]  images (N, C, H, W), transformed; the first image says C, H and W
    top[1]  labels (N,)

    source is a text file of lines `path label`; the last space separates them. All images must
    become the same size, by new_height and new_width or crop_size, unless batch_size is 1: then
    the top takes the size of its image.

    Prototxt: image_data_param { source, batch_size: 1, new_height: 0, new_width: 0,
    is_color: true, root_folder: "", shuffle: false, rand_skip: 0 }, transform_param, data_param
    { prefetch: 4 }
    Source: Caffe's image_data_layer.cpp.
    """

    transforms_on_gpu = True

    def open_reader(self, seed: int) -> tuple[ImageBatches, list[Shape]]:
        param = self.param.image_data_param
        batch_size = self.batch_size("image_data_param")
        transform = Transformer(self.param.transform_param, self.param.phase, self.dtype)
        log.info("image_data_layer.cpp:38", f"Opening file {param.source}")
        with naming("image_data_param.source"):
            images = read_image_list(param.source)
        reader = ImageBatches(
            images,
            transform,
            batch_size,
            root=param.root_folder,
            color=param.is_color,
            size=self._resized(),
            shuffle=param.shuffle,
            rand_skip=param.rand_skip,
        )
        if param.shuffle:
            log.info("image_data_layer.cpp:53", "Shuffling data")
        log.info("image_data_layer.cpp:63", f"A total of {len(images)} images.")
        if param.rand_skip:
            skipped = reader.skipped(seed)
            log.info("image_data_layer.cpp:70", f"Skipping first {skipped} data points.")
        shape = (batch_size, *reader.first_size(seed))
        log.info("image_data_layer.cpp:90", f"output data size: {','.join(map(str, shape))}")
        return reader, [shape, (batch_size,)]

    def _resized(self) -> tuple[int, int] | None:
        """(height, width) that every image is resized to, or None."""
        height = self.param.image_data_param.new_height
        width = self.param.image_data_param.new_width
        if bool(height) != bool(width):
            raise ConfigError(
                f"image_data_param: new_height is {height} and new_width {width}; "
                "set both, or neither"
            )
        return (height, width) if height else None
