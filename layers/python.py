"""Python: a layer that somebody wrote in Python, in a module of their own."""

import os
import sys
from collections.abc import Callable
from importlib import import_module, invalidate_caches
from types import ModuleType
from typing import Any

from ..core import ANY_NUMBER, Blobs, Layer, Shape, log, register
from ..proto import ConfigError
from .families.python_layer import BlobVec, PythonLayer
from .twins import Twin, twin_of

__all__ = ["Python", "PythonLayer"]


@register("Python")
class Python(Layer):
    """Whatever a class derived from caffe.Layer computes, on numpy arrays.

    bottom, top, weights: any number of any shape, as the class decides

    The module is looked for in sys.path (hence in PYTHONPATH) and in the working directory.
    `instance` is the object of that class. What it raises keeps its type and traceback, and gains
    a note that names the layer.

    Faster R-CNN's rpn.proposal_layer, rpn.anchor_target_layer, rpn.proposal_target_layer and
    roi_data_layer.layer, and CTPN's layers.text_proposal_layer, are built in: if such a module
    cannot be imported, twins/ has the layer, and a line of the log says so. Their settings, which
    those projects keep in files, are entries of param_str.

    Prototxt: python_param { module, layer, param_str: "" }
              share_in_parallel is accepted and has no effect.
    Source: Caffe's Python layer. families/python_layer.py says what a class must implement.
    """

    bottom_count = ANY_NUMBER
    top_count = ANY_NUMBER
    shapes_vary = True

    def setup(self, bottom_shapes: list[Shape]) -> None:
        param = self.param.python_param
        if not param.module or not param.layer:
            raise self.error("python_param.module and python_param.layer are required")
        user_class = self._user_class(param.module, param.layer)
        self.instance: Any = self._run("__init__", user_class, self.param)
        if isinstance(self.instance, Twin):
            self.instance.seed = int(self.rng.integers(1 << 63))
        self.instance.param_str = self.instance.param_str_ = param.param_str
        self.instance.phase = int(self.param.phase)
        self.instance.blobs = BlobVec(self)
        self._awaits_setup = True

    # Shapes are known only to the user's reshape, which wants the blobs themselves.

    def size_tops(self, bottom: Blobs, top: Blobs) -> None:
        if self._awaits_setup:
            self._call("setup", bottom, top)
            self._awaits_setup = False
            self.param_propagate_down = [True] * len(self.weights)
        self._call("reshape", bottom, top)

    def forward_cpu(self, bottom: Blobs, top: Blobs) -> None:
        self._call("reshape", bottom, top)
        self._call("forward", bottom, top)

    def backward_cpu(self, top: Blobs, bottom: Blobs) -> None:
        if not hasattr(self.instance, "backward"):
            raise self.error(
                f"class {self._class_name} has no method backward"
                "(self, top, propagate_down, bottom)"
            )
        self._call("backward", top, self.propagate_down, bottom)

    def state(self) -> dict[str, Any]:
        return self.instance.state() if isinstance(self.instance, Twin) else {}

    def restore(self, state: dict[str, Any]) -> None:
        if isinstance(self.instance, Twin):
            self.instance.restore(state)

    # The user's code.

    @property
    def _class_name(self) -> str:
        return f"{self.param.python_param.module}.{self.param.python_param.layer}"

    def _call(self, method: str, *args: Any) -> None:
        self._run(method, getattr(self.instance, method), *args)

    def _run(self, what: str, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return function(*args)
        except ConfigError as problem:  # of a blob that the code reshapes, say
            raise self.error(f"{what} of {self._class_name}: {problem}") from problem
        except Exception as problem:
            problem.add_note(
                f"raised in {what} of layer {self.name!r} (Python: {self._class_name})"
            )
            if isinstance(problem, SyntaxError):
                problem.add_note("code for Python 2 must be converted: print, xrange, ...")
            raise

    def _user_class(self, module: str, layer: str) -> type:
        try:
            found = self._import(module)
        except (ConfigError, ImportError, SyntaxError) as problem:
            twin = twin_of(module, layer)
            if twin is None:
                raise
            reason = "no such module" if isinstance(problem, ConfigError) else problem
            log.warning(
                "layer_factory.cpp:121",
                f"Layer {self.name}: {self._class_name} cannot be imported ({reason}); Cortado's "
                "own layer of that name takes its place",
            )
            return twin
        return self._find_class(found, layer)

    def _import(self, name: str) -> ModuleType:
        if "" not in sys.path and os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())  # a console script's sys.path lacks it
        invalidate_caches()  # the module may have been written a moment ago
        try:
            return self._run("the import", import_module, name)
        except ModuleNotFoundError as problem:
            if not f"{name}.".startswith(f"{problem.name}."):
                raise  # the module was found; something that it imports was not
        places = ", ".join(path or "the working directory" for path in sys.path)
        raise self.error(
            f"python_param.module: there is no module {name!r}; add its folder to PYTHONPATH, or "
            f"start in that folder (looked in {places})"
        )

    def _find_class(self, module: ModuleType, name: str) -> type:
        place = f"module {module.__name__!r} ({getattr(module, '__file__', 'built in')})"
        found = getattr(module, name, None)
        if found is None:
            layers = ", ".join(key for key, value in vars(module).items() if _is_layer(value))
            raise self.error(
                f"python_param.layer: {place} has no class {name!r}; its layers: {layers or 'none'}"
            )
        if not _is_layer(found):
            raise self.error(
                f"python_param.layer: {name!r} of {place} must be a class derived from caffe.Layer"
            )
        for method in ("reshape", "forward"):
            if not hasattr(found, method):
                raise self.error(
                    f"python_param.layer: class {name!r} of {place} has no method "
                    f"{method}(self, bottom, top)"
                )
        return found


def _is_layer(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, PythonLayer) and value is not PythonLayer
