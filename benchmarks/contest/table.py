"""Tables of times, and the ratios in them."""

from collections.abc import Iterable, Sequence
from math import exp, log

Times = dict[str, float]  # of a contestant, by name
WIDTH = 15


def print_table(rows: dict[str, Times], names: list[str], factor: float = 1e3) -> None:
    """A line for each row, a column for each contestant, times a factor."""
    print(line("", names))
    for title, times in rows.items():
        print(line(title, [number(times, name, factor) for name in names]))


def print_ratios(
    rows: dict[str, Times], names: list[str], ours: str, beside: str | None = None
) -> None:
    """Milliseconds, and how many times longer the best of the others takes.

    A contestant `beside` the others does not count among them: its ratio has a column of its own.
    """
    apart = beside if beside in names else None
    print(line("", [*names, "best / ours"] + ([f"{apart} / ours"] if apart else [])))
    columns: list[list[float | None]] = []
    for title, times in rows.items():
        others = {name: value for name, value in times.items() if name != beside}
        ratios = [best_ratio(others, ours)]
        if apart:
            ratios.append(times[apart] / times[ours] if {apart, ours} <= times.keys() else None)
        columns.append(ratios)
        cells = [number(times, name, 1e3) for name in names]
        print(line(title, cells + [ratio_text(ratio) for ratio in ratios]))
    means = [ratio_text(geometric_mean(column)) for column in zip(*columns, strict=True)]
    print(line("geometric mean", [""] * len(names) + means))


def best_ratio(times: Times, ours: str) -> float | None:
    """How many times longer the fastest of the others takes; None without others."""
    others = [value for name, value in times.items() if name != ours]
    return min(others) / times[ours] if others and ours in times else None


def geometric_mean(ratios: Iterable[float | None]) -> float | None:
    """Of those that are known; None if none is."""
    known = [log(ratio) for ratio in ratios if ratio]
    return exp(sum(known) / len(known)) if known else None


def line(title: str, cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"{title:22}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)


def number(times: Times, name: str, factor: float) -> str:
    """A number of four digits or so; a dash for one that is not known."""
    if name not in times:
        return "-"
    value = factor * times[name]
    return f"{value:.0f}" if value >= 1000 else f"{value:.{1 if value >= 100 else 2}f}"


def ratio_text(ratio: float | None) -> str:
    """A ratio as tables show it."""
    return "-" if ratio is None else f"{ratio:.2f} x"
