"""The ways torch can run a net, each word of a mode adding one:

eager           nothing
channels-last   pictures and filters lie so
compile         by torch.compile; autotune: trying more kernels
graph           on a GPU, a training step as one CUDA graph
"""

import torch


def in_layout(values, mode):
    """A module, or a tensor of pictures, in the order of memory that the mode asks for."""
    if "channels-last" not in mode:
        return values
    if isinstance(values, torch.nn.Module):
        return values.to(memory_format=torch.channels_last)
    if values.dim() == 4:
        return values.contiguous(memory_format=torch.channels_last)
    return values


def compiled(net, mode):
    """What to call in place of the net."""
    if "compile" not in mode:
        return net
    torch.compiler.reset()
    return torch.compile(net, mode="max-autotune" if "autotune" in mode else None)
