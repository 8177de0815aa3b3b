"""The functions of oneDNN's C API that are used here, with the types of their arguments."""

from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_float,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_uint,
    c_void_p,
)

MOST_AXES = 12  # DNNL_MAX_NDIMS
Dims = c_int64 * MOST_AXES


class ExecutionArgument(Structure):
    """dnnl_exec_arg_t"""

    _fields_ = [("argument", c_int), ("memory", c_void_p)]


class Version(Structure):
    """dnnl_version_t"""

    _fields_ = [
        ("major", c_int),
        ("minor", c_int),
        ("patch", c_int),
        ("hash", c_char_p),
        ("cpu_runtime", c_uint),
        ("gpu_runtime", c_uint),
    ]


_HANDLE = c_void_p
_HANDLES = POINTER(c_void_p)
_RESULT = c_void_p
_DIMS = POINTER(c_int64)
_SLIDING = [_DIMS] * 4  # strides, dilations less 1, padding before, padding after
_POOLING = [_DIMS] * 5  # strides, kernel, dilations less 1, padding before, padding after
_LRN = [c_int64, c_float, c_float, c_float]  # local size, alpha, beta, k

# All without their leading dnnl_. These return a status:
_OBJECTS = {
    "engine_create": [_HANDLES, c_int, c_size_t],
    "stream_create": [_HANDLES, _HANDLE, c_uint],
    "memory_desc_create_with_tag": [_HANDLES, c_int, _DIMS, c_int, c_int],
    "memory_desc_create_with_strides": [_HANDLES, c_int, _DIMS, c_int, _DIMS],
    "memory_desc_create_submemory": [_HANDLES, _HANDLE, _DIMS, _DIMS],
    "memory_desc_clone": [_HANDLES, _HANDLE],
    "memory_desc_query": [_HANDLE, c_int, _RESULT],
    "memory_desc_destroy": [_HANDLE],
    "memory_create": [_HANDLES, _HANDLE, _HANDLE, c_void_p],
    "memory_set_data_handle": [_HANDLE, c_void_p],
    "memory_destroy": [_HANDLE],
    "primitive_attr_create": [_HANDLES],
    "primitive_attr_set_scratchpad_mode": [_HANDLE, c_int],
    "primitive_attr_set_post_ops": [_HANDLE, _HANDLE],
    "primitive_attr_destroy": [_HANDLE],
    "post_ops_create": [_HANDLES],
    "post_ops_append_sum": [_HANDLE, c_float, c_int32, c_int],
    "post_ops_append_eltwise": [_HANDLE, c_int, c_float, c_float],
    "post_ops_append_binary": [_HANDLE, c_int, _HANDLE],
    "post_ops_destroy": [_HANDLE],
    "primitive_desc_query": [_HANDLE, c_int, c_int, _RESULT],
    "primitive_desc_destroy": [_HANDLE],
    "primitive_create": [_HANDLES, _HANDLE],
    "primitive_execute": [_HANDLE, _HANDLE, c_int, c_void_p],
    "primitive_destroy": [_HANDLE],
}

# Of X_primitive_desc_create, what lies between the new handle and engine and the attributes.
_OPERATIONS = {
    "convolution_forward": [c_int, c_int, *[_HANDLE] * 4, *_SLIDING],
    "convolution_backward_data": [c_int, *[_HANDLE] * 3, *_SLIDING, _HANDLE],
    "convolution_backward_weights": [c_int, *[_HANDLE] * 4, *_SLIDING, _HANDLE],
    "inner_product_forward": [c_int, *[_HANDLE] * 4],
    "inner_product_backward_data": [_HANDLE] * 4,
    "inner_product_backward_weights": [_HANDLE] * 5,
    "pooling_forward": [c_int, c_int, _HANDLE, _HANDLE, *_POOLING],
    "pooling_backward": [c_int, _HANDLE, _HANDLE, *_POOLING, _HANDLE],
    "lrn_forward": [c_int, c_int, _HANDLE, _HANDLE, *_LRN],
    "lrn_backward": [c_int, *[_HANDLE] * 3, *_LRN, _HANDLE],
    "softmax_forward": [c_int, c_int, _HANDLE, _HANDLE, c_int],
    "softmax_backward": [c_int, *[_HANDLE] * 3, c_int, _HANDLE],
    "eltwise_forward": [c_int, c_int, _HANDLE, _HANDLE, c_float, c_float],
    "eltwise_backward": [c_int, *[_HANDLE] * 3, c_float, c_float, _HANDLE],
    "batch_normalization_forward": [c_int, _HANDLE, _HANDLE, c_float, c_uint],
    "batch_normalization_backward": [c_int, *[_HANDLE] * 3, c_float, c_uint, _HANDLE],
    "binary": [c_int, *[_HANDLE] * 3],
    "matmul": [_HANDLE] * 4,
    "concat": [_HANDLE, c_int, c_int, _HANDLES],
    "sum": [_HANDLE, c_int, POINTER(c_float), _HANDLES],
    "reorder": [_HANDLE, _HANDLE, _HANDLE],
}
for _pass in ("forward", "backward_data", "backward_weights"):
    _OPERATIONS[f"deconvolution_{_pass}"] = _OPERATIONS[f"convolution_{_pass}"]

STATUS_FUNCTIONS = _OBJECTS | {
    f"{name}_primitive_desc_create": [_HANDLES, _HANDLE, *arguments, _HANDLE]
    for name, arguments in _OPERATIONS.items()
}

# These return what they are asked for: (result, arguments).
QUESTIONS = {
    "version": (POINTER(Version), []),
    "memory_desc_equal": (c_int, [_HANDLE, _HANDLE]),
    "memory_desc_get_size": (c_size_t, [_HANDLE]),
}
