"""Layout: the order in which the axes of a blob run through memory, as layers want it."""

from enum import Enum, auto


class Layout(Enum):
    """What a layer says of the blobs (N, C, *size) that it reads and writes."""

    PLAIN = auto()  # the last axis must run fastest
    EITHER = auto()  # axis 1 may run fastest as well
    CHANNELS_LAST = auto()  # axis 1 had better run fastest
