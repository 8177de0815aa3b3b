"""caffe.proto.caffe_pb2: every message and enum of the schema."""

from cortado.proto.caffe_pb2 import *  # noqa: F403
