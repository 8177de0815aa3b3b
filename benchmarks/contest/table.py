"""Tables of times, and the ratios in them."""

from collections.abc import Iterable, Sequence
from math import exp, log

Times = dict[str, float]  # of a contestant, by name
WIDTH = 19


def print_table(rows: dict[str, Times], names: list[str], factor: float) -> None:
    """A line for each row, a column for each contestant: the numbers times a factor."""
    print(line("", names))
    for title, values in rows.items():
        print(line(title, [number(values, name, factor) for name in names]))


def print_ratios(
    rows: dict[str, Times],
    names: list[str],
    ours: str,
    against: dict[str, list[str]],
    factor: float = 1e3,
) -> None:
    """Milliseconds of each contestant, or seconds times another factor; ratios and their means.

    A ratio is how many times longer the fastest of those takes that `against` has under its
    heading.
    """
    print(line("", [*names, *against]))
    columns: list[list[float | None]] = []
    for title, times in rows.items():
        columns.append([best_ratio(times, ours, others) for others in against.values()])
        cells = [number(times, name, factor) for name in names]
        print(line(title, cells + [ratio_text(ratio) for ratio in columns[-1]]))
    means = [ratio_text(geometric_mean(column)) for column in zip(*columns, strict=True)]
    print(line("geometric mean", [""] * len(names) + means))


def best_ratio(times: Times, ours: str, others: list[str]) -> float | None:
    """How many times longer the fastest of the others takes; None without them."""
    known = [times[name] for name in others if name in times]
    return min(known) / times[ours] if known and ours in times else None


def geometric_mean(ratios: Iterable[float | None]) -> float | None:
    """Of those that are known; None if none is."""
    known = [log(ratio) for ratio in ratios if ratio]
    return exp(sum(known) / len(known)) if known else None


def line(title: str, cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"{title:22}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)


def number(values: Times, name: str, factor: float) -> str:
    """A number with three digits or so; a dash for one that is not known."""
    if name not in values:
        return "-"
    value = factor * values[name]
    digits = 0 if value >= 1000 else 1 if value >= 100 else 2 if value >= 1 else 4
    return f"{value:.{digits}f}"


def ratio_text(ratio: float | None) -> str:
    """A ratio as tables show it."""
    return "-" if ratio is None else f"{ratio:.2f} x"
