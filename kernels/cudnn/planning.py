"""From a recipe to a graph: the plan that was fastest before, is fastest now, or is guessed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .choices import Choices
from .errors import CudnnError, PlanningError
from .graph import Graph, plan_names, planned
from .recipe import Recipe
from .target import Target

MOST_CANDIDATES = 8  # of those that build
RUNS = 3  # of each candidate; the fastest counts


@dataclass(frozen=True)
class Trial:
    """What it takes to time a graph on the device.

    time: the seconds that a call's work takes, of one run; Gpu.time. arrays: by role, of any
    content, which is lost where the graph writes. workspace: `limit` bytes of it.
    """

    time: Callable[[Callable[[], None]], float]
    arrays: Mapping[str, int]
    workspace: int


def prepare(
    recipe: Recipe | tuple[Recipe, ...],
    target: Target,
    *,
    limit: int,
    tf32: bool = True,
    trial: Trial | None = None,
    choices: Choices | None = None,
) -> Graph:
    """The graph of a recipe, or of one of its forms, which are bound to the same arrays.

    limit: bytes of workspace that it may use. With a trial, up to MOST_CANDIDATES plans are built
    and timed, and choices remember the fastest; without, the first that builds is taken. Raises
    PlanningError if there is none.
    """
    forms = (recipe,) if isinstance(recipe, Recipe) else recipe
    key = " or ".join(form.key(tf32=tf32, limit=limit) for form in forms)
    known = choices.get(key) if choices else None
    if known is not None and (graph := _remembered(known, forms, target, tf32, limit)):
        return graph
    candidates = _candidates(forms, target, tf32, limit)
    first = next(candidates)
    if trial is None:
        return first
    best = _fastest(first, candidates, trial)
    if choices:
        choices.put(key, best.name)
    return best


def _remembered(
    name: str, forms: tuple[Recipe, ...], target: Target, tf32: bool, limit: int
) -> Graph | None:
    """The graph of that name; None if the file was written by hand, or plans go by other names."""
    recipe_name, _, plan = name.partition(": ")
    for form in forms:
        if form.name == recipe_name:
            try:
                return Graph(form, target, plan, tf32=tf32, limit=limit)
            except PlanningError:
                return None
    return None


def _candidates(
    forms: tuple[Recipe, ...], target: Target, tf32: bool, limit: int
) -> Iterator[Graph]:
    """Built graphs, best guess first; one at least, or PlanningError with the first reason."""
    reason: PlanningError | None = None
    found = 0
    for form in forms:
        built = 0
        try:
            plans = plan_names(planned(form, target, tf32=tf32)[0])
        except PlanningError as problem:
            reason = reason or problem
            continue
        for plan in plans:
            if built == MOST_CANDIDATES // len(forms):
                break
            # Each in a graph of its own: only then does the loser's memory go with it.
            try:
                candidate = Graph(form, target, plan, tf32=tf32, limit=limit)
            except PlanningError as problem:
                reason = reason or problem
                continue
            built += 1
            yield candidate
        found += built
    if not found:
        raise reason or PlanningError(f"cuDNN: {forms[0].name} has no plan")


def _fastest(first: Graph, others: Iterator[Graph], trial: Trial) -> Graph:
    best, least, problem = first, float("inf"), None
    for graph in (first, *others):
        try:
            seconds = _time(graph, trial)
        except RuntimeError as refused:
            problem = refused  # A plan that builds and does not run is no candidate.
            continue
        if seconds < least:
            best, least = graph, seconds
    if least == float("inf"):
        raise CudnnError(f"cuDNN: no plan could be timed: {problem}") from problem
    return best


def _time(graph: Graph, trial: Trial) -> float:
    call = graph.bind(trial.arrays, trial.workspace)
    call()  # The first run also loads the code.
    return min(trial.time(call) for _ in range(RUNS))
