"""caffe.proto: the schema of Caffe's files."""
