"""Graph: a recipe with the plan that computes it, ready to be bound to arrays."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .errors import CudnnError, PlanningError
from .library import frontend
from .recipe import Recipe
from .target import Target


class Graph:
    """One built plan of a recipe.

    Nothing is allocated, looked up or synchronized when it runs, so that it can run while a stream
    is captured.
    """

    def __init__(self, recipe: Recipe, target: Target, plan: str, *, tf32: bool, limit: int):
        """Raises PlanningError if the plan is unknown, cannot be built, or needs more than limit.

        limit: bytes of workspace.
        """
        graph, tensors = planned(recipe, target, tf32=tf32)
        names = plan_names(graph)
        if plan not in names:
            raise PlanningError(f"cuDNN: {recipe.name} has no plan {plan}")
        try:
            # Also makes it the one that execute() runs.
            index = names[plan]
            graph.build_plan_at_index(index)
            self.workspace_size: int = graph.get_workspace_size_plan_at_index(index)
        except (RuntimeError, ValueError, frontend().cudnnGraphNotSupportedError) as problem:
            raise PlanningError(f"cuDNN: {recipe.name}: {plan}: {problem}") from problem
        if self.workspace_size > limit:
            raise PlanningError(
                f"cuDNN: {recipe.name}: {plan} needs a workspace of {self.workspace_size} bytes, "
                f"more than {limit}"
            )
        self.plan, self._recipe, self._graph = plan, recipe, graph
        self._handle = target.handle
        self._uids = {role: tensors[role].get_uid() for role in recipe.roles}

    @property
    def name(self) -> str:
        """What it computes, and by which plan."""
        return f"{self._recipe.name}: {self.plan}"

    @property
    def roles(self) -> tuple[str, ...]:
        """The arrays that bind() asks for."""
        return self._recipe.roles

    def bind(self, arrays: Mapping[str, int], workspace: int = 0) -> Callable[[], None]:
        """A call that runs it on the stream of the target.

        arrays: where the array of each role lies on the device, aligned to 16 bytes. workspace:
        where workspace_size bytes lie. Both have to stay while the call is used.
        """
        if set(arrays) != set(self.roles):
            raise CudnnError(
                f"cuDNN: {self._recipe.name} is bound to {', '.join(self.roles)}. "
                f"Received: {', '.join(arrays)}"
            )
        if self.workspace_size and not workspace:
            raise CudnnError(
                f"cuDNN: {self._recipe.name} needs a workspace of {self.workspace_size} bytes"
            )
        pointers = {self._uids[role]: int(at) for role, at in arrays.items()}
        return partial(self._graph.execute, pointers, workspace, self._handle)


def planned(recipe: Recipe, target: Target, *, tf32: bool) -> tuple[Any, dict[str, Any]]:
    """The frontend's graph with its candidate plans, none of them built, and tensors by role.

    Raises PlanningError if cuDNN knows none. Plans that give other results from run to run, or that
    sum in less than float32, are left out; so are, without tf32, those on tensor cores where
    float32 arrays are multiplied, since these round them to 10 bits.
    """
    cudnn = frontend()
    notes = cudnn.numerical_note
    unwanted = [notes.NONDETERMINISTIC, notes.REDUCED_PRECISION_REDUCTION]
    if recipe.is_float32 and not tf32:
        unwanted += [notes.TENSOR_CORE, notes.DOWN_CONVERT_INPUTS]
    try:
        graph, tensors = recipe.lower(target)
        graph.validate()
        graph.build_operation_graph()
        graph.create_execution_plans([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
        # Only now: notes set before there are plans are lost in silence.
        graph.deselect_numeric_notes(unwanted)
    except (RuntimeError, ValueError, cudnn.cudnnGraphNotSupportedError) as problem:
        raise PlanningError(f"cuDNN: {recipe.name}: {problem}") from problem
    return graph, tensors


def plan_names(graph: Any) -> dict[str, int]:
    """The candidate plans, best guess first: the name of each, with engine and knobs, and index.

    A name means the same plan wherever version, device and graph are the same.
    """
    names: dict[str, int] = {}
    for index in range(graph.get_execution_plan_count()):
        name = graph.get_plan_name_at_index(index)
        # Others are engines of the frontend's own, which need packages that are not ours.
        if name.startswith("eng"):
            names.setdefault(name, index)
    return names
