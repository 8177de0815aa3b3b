"""Data: images and labels from a database."""

from typing import Any

from ..core import Rng, Shape, log, register
from ..data.backend import open_source
from ..data.datum_batches import DatumBatches
from ..data.naming import naming
from ..data.transform import Transformer
from ..proto.caffe_pb2 import DataParameter
from .families.prefetching import PrefetchingLayer


@register("Data")
class Data(PrefetchingLayer):
    """Images and labels from an LMDB or LevelDB of Datums, in the order of its keys.

    top[0]  images (N, C, H, W), transformed; the first record says C, H and W
    top[1]  labels (N,); may be left out

    Batches run on from the last record to the first. All images must become the same size, unless
    batch_size is 1: then the top takes the size of its image.

    Prototxt: data_param { source, batch_size, backend: LEVELDB, prefetch: 4 },
    transform_param { scale: 1, mirror: false, crop_size: 0, mean_file, mean_value,
    force_color: false, force_gray: false }
    Source: Caffe's data_layer.cpp; a database of the other backend is opened with a warning.
    """

    top_count = range(1, 3)
    transforms_on_gpu = True

    def __init__(self, param: Any, dtype: Any = "float32", rng: Rng | None = None):
        super().__init__(param, dtype, rng)
        data_param = param.data_param
        # Here rather than in setup: log parsers know the line as the first of its layer.
        with self.explaining(), naming("data_param.source"):
            backend = DataParameter.DB.Name(data_param.backend).lower()
            self._source = open_source(data_param.source, backend)
        for field in ("rand_skip", "shuffle"):
            if getattr(data_param, field):
                log.warning("data_layer.cpp:28", f"data_param.{field} is ignored")

    def open_reader(self, seed: int) -> tuple[DatumBatches, list[Shape]]:
        batch_size = self.batch_size("data_param")
        transform = Transformer(self.param.transform_param, self.param.phase, self.dtype)
        reader = DatumBatches(self._source, transform, batch_size)
        shape = (batch_size, *reader.first_size())
        log.info("data_layer.cpp:45", f"output data size: {','.join(map(str, shape))}")
        return reader, [shape, (batch_size,)][: len(self.param.top)]
