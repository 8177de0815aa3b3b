"""Label maps: the names of the classes of a data set, a LabelMap in text form."""

from ...proto import ConfigError, parse_text
from ...proto.caffe_pb2 import LabelMap
from ...proto.input_file import read_file


def read_label_map(path: str) -> dict[int, str]:
    """The name of each label in a label map file; ConfigError if it names one twice."""
    labels = LabelMap()
    parse_text(read_file(path).decode(), labels, path)
    names: dict[int, str] = {}
    for item in labels.item:
        if item.label in names or item.name in names.values():
            raise ConfigError(f"{path}: label {item.label} ({item.name!r}) is named twice")
        names[item.label] = item.name
    return names
