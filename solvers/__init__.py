"""Training: the solver's loop, update rules, learning rates, snapshots."""

from .learning_rate import learning_rate
from .rule import UpdateRule, create_rule, register_rule
from .solver import Solver

__all__ = ["Solver", "UpdateRule", "create_rule", "learning_rate", "register_rule"]
