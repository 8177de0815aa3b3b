"""VideoData: the frames of a video, or of a camera."""

from ..core import Shape, log, register
from ..data.annotated_transform import AnnotatedTransformer
from ..data.video_batches import VideoBatches
from ..proto import ConfigError
from ..proto.caffe_pb2 import VideoDataParameter
from .families.foreign_fields import refuse_fields
from .families.prefetching import PrefetchingLayer

_FOREIGN = {"source": "yjxiong's and C3D", "batch_size": "yjxiong's and C3D"}


@register("VideoData")
class VideoData(PrefetchingLayer):
    """Frames of a video file or a webcam, one after the other.

    top[0]  images (N, 3, H, W), in the order B, G, R, transformed
    top[1]  labels (N,), all 0; may be left out

    Before each frame, skip_frames are passed over. A video begins anew at its end. transform_param
    is AnnotatedData's.

    Prototxt: video_data_param { video_type: WEBCAM or VIDEO (WEBCAM)  device_id: 0  video_file
    skip_frames: 0 }, data_param { batch_size, prefetch: 4 }, transform_param
    Source: the VideoDataLayer of SSD's Caffe, which ends the process at the end of a video, and
            shows frames that it should skip.
    """

    top_count = range(1, 3)

    def setup(self, bottom_shapes: list[Shape]) -> None:
        refuse_fields(self, self.param.video_data_param, "video_data_param", _FOREIGN)
        super().setup(bottom_shapes)

    def open_reader(self, seed: int) -> tuple[VideoBatches, list[Shape]]:
        param, batch_size = self.param.video_data_param, self.batch_size("data_param")
        transform = AnnotatedTransformer(self.param.transform_param, self.param.phase, self.dtype)
        is_file = param.video_type == VideoDataParameter.VIDEO
        if is_file and not param.video_file:
            raise ConfigError("video_data_param.video_file: is required for video_type: VIDEO")
        source = param.video_file if is_file else param.device_id
        reader = VideoBatches(source, transform, batch_size, param.skip_frames)
        shape = (batch_size, *reader.first_size())
        log.info("video_data_layer.cpp:64", f"output data size: {','.join(map(str, shape))}")
        return reader, [shape, (batch_size,)][: len(self.param.top)]
