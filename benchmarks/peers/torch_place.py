"""Where torch runs a net, and how exactly it computes there."""

import gc
from contextlib import nullcontext

import torch

WARM_UP = 3  # steps; the first two choose kernels, and make the optimizer's histories


class Place:
    """A processor or a GPU, told which precision to use.

    device      "cpu" or "gpu"
    precision   "float32"; "tf32", which rounds the factors of products; "bfloat16", by autocast
                with float32 weights
    chooses     whether cuDNN times its algorithms, and takes the fastest
    """

    def __init__(self, device, precision, chooses):
        self.on_gpu = device == "gpu"
        self.device = torch.device("cuda" if self.on_gpu else "cpu")
        self.rounds = precision == "bfloat16"
        if precision not in ("float32", "tf32", "bfloat16"):
            raise SystemExit(f"{precision} is not measured with torch")
        if self.on_gpu:
            rounds_products = precision != "float32"
            torch.backends.cuda.matmul.allow_tf32 = rounds_products
            torch.backends.cudnn.allow_tf32 = rounds_products
            torch.backends.cudnn.benchmark = chooses

    def rounding(self):
        """Around a forward pass."""
        if not self.rounds:
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def wait(self):
        """Until all work is done."""
        if self.on_gpu:
            torch.cuda.synchronize()

    def trim(self):
        """Give back memory that nothing lies in any more."""
        gc.collect()
        if self.on_gpu:
            torch.cuda.empty_cache()

    def warm_up(self, step):
        """Run a step until it is as it will be, and count its memory from then on."""
        if not self.on_gpu:
            return
        for _ in range(WARM_UP):
            step()
        self.wait()
        self.trim()  # kernels that were tried had more workspace than those that were chosen
        torch.cuda.reset_peak_memory_stats()

    def recorded(self, step):
        """A step that launches a step as one CUDA graph."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        step.clear()
        self.trim()
        torch.cuda.reset_peak_memory_stats()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

    @property
    def peak(self):
        """What tells the most bytes that lay on the device, or None where there is none."""
        return torch.cuda.max_memory_allocated if self.on_gpu else None
