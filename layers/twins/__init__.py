"""Twins: built-in layers that stand in for Python layers of well-known projects.

A prototxt may name a layer of py-faster-rcnn's or CTPN's Python code, which runs under Python 2
and is not on everybody's disk. If its module cannot be imported, the Python layer takes the twin
instead.
"""

from importlib import import_module

from .twin import Twin

__all__ = ["Twin", "twin_of"]

_TWINS = {
    ("rpn.proposal_layer", "ProposalLayer"): "proposal_layer",
    ("rpn.anchor_target_layer", "AnchorTargetLayer"): "anchor_target_layer",
    ("rpn.proposal_target_layer", "ProposalTargetLayer"): "proposal_target_layer",
    ("roi_data_layer.layer", "RoIDataLayer"): "roi_data_layer",
    ("layers.text_proposal_layer", "ProposalLayer"): "text_proposal_layer",
}


def twin_of(module: str, layer: str) -> type[Twin] | None:
    """The class that stands in for python_param { module, layer }, or None."""
    home = _TWINS.get((module, layer))
    return getattr(import_module(f".{home}", __name__), layer) if home else None
