"""Where batches come from: databases, image lists, HDF5 and window files, read ahead of need."""
