"""Layer-based, config-driven deep learning: Caffe's files, cut with Python.

import cortado
solver = cortado.Solver.from_file("models/digits/solver.prototxt")
solver.solve()
"""

from importlib import import_module

_PUBLIC = {
    "Blob": "core",
    "Layer": "core",
    "register": "core",
    "create_layer": "layers",
    "Net": "nets",
    "Solver": "solvers",
    "ConfigError": "proto",
    "export_onnx": "nets.exporting",
    "read_net": "proto",
    "read_solver": "proto",
    "read_weights": "proto",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str):
    """Import a public name on first use, so that `import cortado` stays cheap and safe."""
    if name == "__version__":
        from importlib.metadata import version

        return version("cortado")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
