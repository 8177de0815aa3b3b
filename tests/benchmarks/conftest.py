"""Lets tests import what lies in benchmarks/, whose programs are run from there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
