"""Numbers of oneDNN's C API, as dnnl_types.h (3.0 and later) has them."""

from enum import IntEnum, IntFlag


class Status(IntEnum):
    """What every function of the library returns."""

    SUCCESS = 0
    OUT_OF_MEMORY = 1
    INVALID_ARGUMENTS = 2
    UNIMPLEMENTED = 3
    LAST_IMPLEMENTATION_REACHED = 4
    RUNTIME_ERROR = 5
    NOT_REQUIRED = 6


class Argument(IntEnum):
    """The part that a memory plays for a primitive."""

    X = 1
    X_1 = 2  # the second operand of a binary operation
    Y = 17
    FILTERS = 33
    BIAS = 41
    MEAN = 49
    VARIANCE = 50
    SCALE = 51
    SHIFT = 52
    WORKSPACE = 64
    SCRATCHPAD = 80
    DX = 129
    DY = 145
    DFILTERS = 161
    DBIAS = 169
    DSCALE = 255
    DSHIFT = 256
    MANY_X = 1024  # the first of several inputs; add 1 for each further one

    @staticmethod
    def post_op(place: int) -> int:
        """The second operand of the binary post-op at this place in the list."""
        return 32768 * (place + 1) | Argument.X_1


class Propagation(IntEnum):
    """Which pass a primitive serves."""

    FORWARD_TRAINING = 64
    FORWARD_INFERENCE = 96
    BACKWARD = 128
    BACKWARD_DATA = 160


class Query(IntEnum):
    """What can be asked of descriptors."""

    IMPLEMENTATION = 8
    STRIDES = 14
    ARGUMENT = 255
    NDIMS = 256
    DIMS = 257
    DTYPE = 258
    FORMAT_KIND = 262
    BLOCKS = 263
    BLOCK_SIZES = 264
    BLOCK_AXES = 265


class FormatKind(IntEnum):
    """How far a descriptor says where the elements lie."""

    UNDEFINED = 0
    ANY = 1
    BLOCKED = 2
    OPAQUE = 3


class Eltwise(IntEnum):
    """Functions of one element; alpha and beta are theirs. *_OF_Y: differentiated by its result."""

    RELU = 32  # x if x > 0 else alpha x
    TANH = 33
    ELU = 34  # x if x > 0 else alpha (exp x - 1)
    SQUARE = 35
    ABS = 36
    SQRT = 37
    LINEAR = 38  # alpha x + beta
    SOFT_RELU = 39  # log(1 + exp(alpha x)) / alpha
    LOGISTIC = 41
    EXP = 42
    SWISH = 44  # x / (1 + exp(-alpha x))
    LOG = 45
    CLIP = 46  # between alpha and beta
    CLIP_V2 = 47  # the same, with no gradient at alpha and at beta
    POWER = 48  # alpha x^beta
    RELU_OF_Y = 256
    TANH_OF_Y = 257
    ELU_OF_Y = 258
    SQRT_OF_Y = 259
    LOGISTIC_OF_Y = 260
    EXP_OF_Y = 261
    CLIP_V2_OF_Y = 262


class Binary(IntEnum):
    """Functions of two elements."""

    ADD = 131056
    MULTIPLY = 131057
    MAX = 131058
    MIN = 131059
    DIVIDE = 131060
    SUBTRACT = 131061


class Pooling(IntEnum):
    """What is taken of a window; an average divides by the kernel or by what lies in x."""

    MAX = 511
    AVERAGE_OF_KERNEL = 767
    AVERAGE_OF_X = 1023


class Softmax(IntEnum):
    """Softmax or its logarithm."""

    SOFTMAX = 196608
    LOG_SOFTMAX = 196609


class Normalization(IntFlag):
    """What batch normalization is given, and does besides."""

    NOTHING = 0
    GIVEN_STATISTICS = 1
    SCALE = 2
    SHIFT = 4
    RELU = 8


CONVOLUTION_DIRECT = 1
DECONVOLUTION_DIRECT = 10
LRN_ACROSS_CHANNELS = 2815
FORMAT_TAG_ANY = 1
FORMAT_TAG_TILED = {16: 78, 8: 102}  # aBcd16b, aBcd8b: tiles of that many channels
ENGINE_CPU = 1
STREAM_IN_ORDER = 1
SCRATCHPAD_OF_USER = 1
