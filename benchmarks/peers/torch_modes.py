"""The ways torch can run a net: "eager", "channels-last", "compile", "compile-channels-last"."""

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
    return torch.compile(net) if "compile" in mode else net
