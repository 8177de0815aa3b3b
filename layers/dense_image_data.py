"""DenseImageData: images and label images named in a list."""

from ..core import Shape, register
from ..data.label_map_batches import LabelMapBatches
from ..proto import ConfigError
from .families.label_map_data import LabelMapData


@register("DenseImageData")
class DenseImageData(LabelMapData):
    """Images named in a list, with a class for every pixel.

    top[0]  images (N, C, H, W), transformed; the first image says C, H and W
    top[1]  label maps (N, 1, H / f, W / f), f = label_divide_factor: the values of the grey label
            images, cropped and mirrored as their images are

    source is a text file of lines `image label-image`; a blank separates the two. Images have
    the sizes of their label images. All must become the same size, by new_height and new_width
    (images bilinear, labels of the nearest pixel) or crop_size, unless batch_size is 1: then the
    tops take the size of their image.

    Prototxt: dense_image_data_param { source, batch_size, new_height: 0, new_width: 0,
    is_color: true, root_folder: "", shuffle: false, rand_skip: 0, label_divide_factor: 1 },
    transform_param, data_param { prefetch: 4 }
    Source: Badrinarayanan et al., "SegNet", TPAMI 2017, and its DenseImageDataLayer, which can
    neither crop nor mirror; label_divide_factor: Paszke et al., "ENet", 2016.
    """

    param_name = "dense_image_data_param"

    @property
    def factor(self) -> int:
        return self.param.dense_image_data_param.label_divide_factor

    def open_reader(self, seed: int) -> tuple[LabelMapBatches, list[Shape]]:
        param = self.param.dense_image_data_param
        for field in ("mean_file", "mirror", "crop_width", "crop_height"):
            if param.HasField(field):
                raise ConfigError(
                    f"dense_image_data_param.{field}: has no effect in SegNet's Caffe; say it in "
                    "transform_param, as mean_file, mirror or crop_size"
                )
        if self.factor < 1:
            raise ConfigError(
                f"dense_image_data_param.label_divide_factor: {self.factor} must be 1 or more"
            )
        return super().open_reader(seed)
