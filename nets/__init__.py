"""Nets: from prototxt to layers wired, weighted and ready to run."""

from .files import load_weights, save_weights
from .net import Net

__all__ = ["Net", "load_weights", "save_weights"]
