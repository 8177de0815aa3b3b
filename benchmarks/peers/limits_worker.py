"""Measures what a device can do at most, by torch.

The mode "copy" copies "size" bytes from one place of its memory to another; "product" multiplies
two matrices of "size" rows and columns in the "precision" asked for.
"""

import numpy as np
import torch
from serve import Prepared, serve
from torch_place import Place


def prepare(options):
    """What serve asks for."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    place = Place(options.device, options.precision, chooses=False)
    if options.mode == "copy":
        source = torch.randint(256, (options.size,), dtype=torch.uint8, device=place.device)
        target = torch.empty_like(source)
        work = copying(source, target)
    else:
        dtype = torch.bfloat16 if place.rounds else torch.float32
        a, b, target = (
            torch.randn(options.size, options.size, device=place.device).to(dtype) for _ in range(3)
        )
        work = multiplying(a, b, target)

    def run(count):
        for _ in range(count):
            work()
        place.wait()

    def save(path):
        np.savez(path, result=target.float().cpu().numpy())

    return Prepared(run, save, None, place.trim)


def copying(source, target):
    """What copies."""
    return lambda: target.copy_(source)


def multiplying(a, b, product):
    """What multiplies."""
    return lambda: torch.mm(a, b, out=product)


if __name__ == "__main__":
    serve(prepare)
