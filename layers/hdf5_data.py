"""HDF5Data: rows of HDF5 files."""

from ..core import ONE_OR_MORE, Shape, log, register
from ..data.hdf5_batches import HDF5Batches, read_hdf5_list
from ..data.naming import naming
from ..proto import ConfigError
from .families.prefetching import PrefetchingLayer


@register("HDF5Data")
class HDF5Data(PrefetchingLayer):
    """Rows of the datasets named as the tops, from HDF5 files named in a list.

    top[i]  (N, ...) from the dataset of that name, whose first axis is the rows; any rank, of
            floating-point numbers or integers

    source is a text file with the path of an HDF5 file per line. Batches run across the files;
    one file at a time is in memory. shuffle draws a new order of the files, and of the rows within
    each, for every round.

    Prototxt: hdf5_data_param { source, batch_size, shuffle: false }, data_param { prefetch: 4 }
    Source: Caffe's hdf5_data_layer.cpp, which reads with the net, not ahead of it.
    """

    top_count = ONE_OR_MORE

    def open_reader(self, seed: int) -> tuple[HDF5Batches, list[Shape]]:
        param = self.param.hdf5_data_param
        if self.param.HasField("transform_param"):
            raise ConfigError(
                "transform_param: HDF5Data transforms nothing; "
                "use Power, Scale or Crop layers, or transform what is in the files"
            )
        batch_size = self.batch_size("hdf5_data_param")
        log.info("hdf5_data_layer.cpp:80", f"Loading list of HDF5 filenames from: {param.source}")
        with naming("hdf5_data_param.source"):
            paths = read_hdf5_list(param.source)
            log.info("hdf5_data_layer.cpp:94", f"Number of HDF5 files: {len(paths)}")
            reader = HDF5Batches(paths, list(self.param.top), batch_size, param.shuffle)
        return reader, [(batch_size, *shape) for shape in reader.row_shapes]
