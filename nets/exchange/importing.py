"""Arrays of other frameworks into the weights of a net: by name, or in order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...core import Layer
from ...proto import ConfigError
from ..net import Net
from .slots import Slot, Unit, units

Module = dict[str, np.ndarray]  # by role: weight, bias, running_mean...

_COUNTER = "num_batches_tracked"  # PyTorch's; nobody needs it
_NEUTRAL = {"bias": 0.0, "weight": 1.0}  # of a Scale; a bias is 0 in every layer


@dataclass
class _Match:
    """The modules that fill a unit, those of its own name first, and what of them was used."""

    unit: Unit
    modules: list[str]
    used: set[str] = field(default_factory=set)


def import_arrays(
    net: Net,
    arrays: Mapping[str, np.ndarray],
    *,
    by_order: bool = False,
    partial: bool = False,
    swap_first_layer: bool = False,
) -> list[str]:
    """Fill the net's weights; returns a line for each unit that says what it got.

    An array is called MODULE.ROLE, such as layer1.0.conv1.weight. By name, a layer takes those of
    the module of its name, where ".", "/", "-" and "_" are the same; by_order, the i-th module with
    arrays goes to the i-th layer with weights. A BatchNorm takes running_mean and running_var, with
    factor 1, and the Scale after it weight and bias. A missing bias becomes 0, a missing weight of
    a Scale 1. With partial, layers that nothing is found for stay as they are. swap_first_layer
    turns the filters of the first convolution from RGB to BGR or back.

    Raises ConfigError, before any weight is changed, where shapes differ or something is missing.
    """
    modules = _modules(arrays)
    wanted = units(net)
    matches = _in_order(wanted, modules) if by_order else _named(wanted, modules, partial)
    copies: list[tuple[Slot, np.ndarray]] = []
    lines = []
    for match in matches:
        found = [(slot, _array_for(slot, match, modules)) for slot in match.unit.slots]
        _check_all_used(match, modules)
        copies += [(slot, array) for slot, array in found if array is not None]
        lines.append(_line(match, [slot for slot, array in found if array is None]))
    if swap_first_layer:
        lines.append(_swap_first_layer(copies))
    for slot, array in copies:
        slot.blob.data[...] = array.reshape(slot.blob.shape)
    for match in matches:
        _fill_neutral(match, copies)
    for weights in net.weight_sources:
        weights.version += 1
    taken = {name for match in matches for name in match.modules}
    lines += [f"{name}: not used" for name in modules if name not in taken]
    return lines


def _modules(arrays: Mapping[str, np.ndarray]) -> dict[str, Module]:
    """The arrays by module, and there by role."""
    found: dict[str, Module] = {}
    for name, array in arrays.items():
        module, _, role = name.rpartition(".")
        if role == _COUNTER:
            continue
        if array.dtype.kind not in "fiu":
            raise ConfigError(f"array {name!r} has type {array.dtype}; weights are numbers")
        found.setdefault(module, {})[role] = array
    return found


def _named(wanted: Sequence[Unit], modules: dict[str, Module], partial: bool) -> list[_Match]:
    by_key: dict[str, list[str]] = {}
    for name in modules:
        by_key.setdefault(_key(name), []).append(name)
    matches, missing = [], []
    for unit in wanted:
        names = [_module_of(layer, modules, by_key) for layer in unit.layers]
        found = list(dict.fromkeys(name for name in names if name is not None))
        if found:
            matches.append(_Match(unit, found))
        else:
            missing.append(unit)
    if missing and not (partial and matches):
        first = missing[0].layers[0]
        raise first.error(
            f"the file has no arrays {first.name}.* for it; it has "
            f"{', '.join(list(modules)[:8])}{', ...' if len(modules) > 8 else ''}. Rename one of "
            "them, match them in order with -by_order, or leave such layers as they are with "
            "-partial"
        )
    return matches


def _module_of(
    layer: Layer, modules: dict[str, Module], by_key: dict[str, list[str]]
) -> str | None:
    if layer.name in modules:
        return layer.name
    alike = by_key.get(_key(layer.name), [])
    return alike[0] if len(alike) == 1 else None


def _key(name: str) -> str:
    return re.sub(r"[./\-]", "_", name)


def _in_order(wanted: Sequence[Unit], modules: dict[str, Module]) -> list[_Match]:
    waiting = list(modules)
    matches = []
    for unit in wanted:
        if not waiting:
            raise unit.layers[0].error(
                f"-by_order: the file has arrays for {len(matches)} layers, but {len(wanted)} in "
                "the net have weights; this is the first without"
            )
        names = [waiting.pop(0)]
        # A BatchNorm and a Scale that were written apart, as Caffe has them.
        if len(unit.layers) > 1 and "weight" not in modules[names[0]] and waiting:
            names.append(waiting.pop(0))
        matches.append(_Match(unit, names))
    if waiting:
        raise ConfigError(
            f"-by_order: the file has arrays for {len(modules)} layers, but {len(wanted)} in the "
            f"net have weights; {waiting[0]!r} is the first that is left over"
        )
    return matches


def _array_for(slot: Slot, match: _Match, modules: dict[str, Module]) -> np.ndarray | None:
    """The array for a weight; None for one that is to be neutral."""
    # A Scale's own module comes before that of its BatchNorm.
    names = match.modules[::-1] if slot.layer.type == "Scale" else match.modules
    index = str(slot.layer.weights.index(slot.blob))
    for name in names:
        for role in (slot.role, index) if len(match.unit.layers) == 1 else (slot.role,):
            if role in modules[name]:
                match.used.add(f"{name}.{role}")
                return _fitting(slot, modules[name][role], f"{name}.{role}")
    if not slot.role or slot.role == "bias" or slot.layer.type == "Scale":
        return None
    raise slot.layer.error(
        f"needs {slot.role}, but module {names[0]!r} of the file has {', '.join(modules[names[0]])}"
    )


def _fitting(slot: Slot, array: np.ndarray, name: str) -> np.ndarray:
    """The array as float32; ConfigError unless its shape is the blob's, but for axes of size 1."""
    ours, theirs = ([n for n in shape if n != 1] for shape in (slot.blob.shape, array.shape))
    if ours != theirs:
        raise slot.layer.error(
            f"its {slot.role} has shape {slot.blob.shape}, but {name!r} in the file {array.shape}"
        )
    return array.astype("float32")


def _check_all_used(match: _Match, modules: dict[str, Module]) -> None:
    for name in match.modules:
        for role, array in modules[name].items():
            if f"{name}.{role}" not in match.used and np.any(array):
                raise match.unit.layers[0].error(
                    f"has no place for {role!r} of module {name!r} in the file, of shape "
                    f"{array.shape}; does bias_term differ, or the type?"
                )


def _fill_neutral(match: _Match, copies: list[tuple[Slot, np.ndarray]]) -> None:
    filled = {id(slot.blob) for slot, _ in copies}
    for slot in match.unit.slots:
        if id(slot.blob) not in filled:
            slot.blob.data[...] = _NEUTRAL.get(slot.role, 1.0)


def _swap_first_layer(copies: list[tuple[Slot, np.ndarray]]) -> str:
    for i, (slot, array) in enumerate(copies):
        if slot.role == "weight" and array.ndim == 4:
            if array.shape[1] != 3:
                raise slot.layer.error(
                    f"-swap_first_layer: its filters see {array.shape[1]} channels, not 3"
                )
            copies[i] = slot, array[:, ::-1]
            return f"{slot.layer.name}: channels of the filters swapped, RGB to BGR or back"
    raise ConfigError("-swap_first_layer: no convolution gets weights")


def _line(match: _Match, neutral: list[Slot]) -> str:
    """ "bn1 and scale1: from bn1; factor 1"."""
    names = " and ".join(layer.name for layer in match.unit.layers)
    notes = [
        f"{slot.role or 'factor'} {_NEUTRAL.get(slot.role, 1.0):g}"
        + ("" if not slot.role else ", as the file has none")
        for slot in neutral
    ]
    return "; ".join([f"{names}: from {' and '.join(match.modules)}", *notes])
