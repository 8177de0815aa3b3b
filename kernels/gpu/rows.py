"""Rows: rows of a table, picked by number."""

from math import prod
from typing import Any

from ...core import Array
from .context import THREADS, Context
from .division import divisor
from .faults import Explain
from .launch import Function, Launch

FILE = "rows.cu"
WARP = 32


class Rows:
    """Launches that read rows of a table, or add to them. What has no row is a fault."""

    def __init__(self, context: Context, explain: Explain):
        self._context, self._explain = context, explain
        self._fault: Any = None

    def pick(self, table: Array, indices: Array, y: Array, bias: Array = None) -> list[Launch]:
        """y[m] = table[indices[m]] + bias."""
        if self._fault is None:
            self._fault = self._context.faults.add(self._explain)
        columns = prod(table.shape[1:])
        function = self._function("pick", table, y)
        geometry = len(table), columns, *divisor(columns), y.size
        return self._context.each(
            function, "pick_rows", y.size, table, indices, bias, y, *geometry, self._fault
        )

    def add(self, table: Array, indices: Array, dy: Array, adds: bool) -> list[Launch]:
        """table[indices[m]] += dy[m], the table being 0 unless `adds`."""
        columns = prod(table.shape[1:])
        threads = min(-(-columns // WARP) * WARP, THREADS)
        shares = -(-columns // threads) if columns else 0
        function = self._function("add_rows", table, dy)
        clearing = [] if adds else self._context.fill(table, 0)
        geometry = len(table), columns, shares, indices.size
        return clearing + self._context.blocks(
            function, "add_rows", indices.size * shares, threads, table, indices, dy, *geometry
        )

    def _function(self, name: str, table: Array, rows: Array) -> Function:
        macros = {"TABLE_IS_REAL": 1} if table.dtype == rows.dtype else {}
        return self._context.function(FILE, name, rows.dtype, **macros)
