"""Nets as ONNX models: what is written for which layer, and how it is checked."""

from .deployment import deployed
from .export import export_onnx
from .layer_export import LayerExport
from .preprocessing import Preprocessing
from .registry import exporters, exports

__all__ = ["LayerExport", "Preprocessing", "deployed", "export_onnx", "exporters", "exports"]
