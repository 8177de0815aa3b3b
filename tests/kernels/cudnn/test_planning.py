"""How a plan is chosen and bound, with a stand-in for cuDNN (see conftest.fake)."""

import pytest

from cortado.core import Window
from cortado.kernels.cudnn import (
    Choices,
    CudnnError,
    PlanningError,
    Target,
    Tensor,
    Trial,
    convolution,
    convolution_backward_data,
    inner_product,
    prepare,
)
from cortado.kernels.cudnn.graph import planned
from cortado.proto import ConfigError

X = Tensor.channels_last((2, 4, 5, 5))
ARRAYS = {"x": 256, "filters": 512, "y": 768}
TARGET = Target("a device", {"handle": 7}, 7)


def recipe(dtype="float32"):
    x, filters = (Tensor.channels_last(s, dtype) for s in ((2, 4, 5, 5), (4, 4, 3, 3)))
    return convolution(x, filters, x, Window((3, 3), (1, 1), (1, 1), (1, 1)))


class Device:
    """As much of a core.gpu.Gpu as is asked for here."""

    ordinal, name, stream = 0, "a device", 5

    def activate(self):
        pass


def trial_of(fake, seconds):
    """Times by the name of the plan that ran."""

    def time(call):
        call()
        return seconds[fake.pygraph.ran[-1][0]]

    return Trial(time, ARRAYS, 4096)


def test_without_a_trial_the_first_plan_that_builds_is_taken(fake):
    assert prepare(recipe(), TARGET, limit=1000).plan == "eng1"
    fake.pygraph.broken.add("eng1")
    graph = prepare(recipe(), TARGET, limit=1000)
    assert (graph.plan, graph.workspace_size) == ("eng2", 100)


def test_with_a_trial_the_fastest_is_taken_and_remembered(fake, tmp_path):
    choices = Choices(tmp_path / "choices.json")
    trial = trial_of(fake, {"eng1": 3.0, "eng2": 1.0, "eng3_k2=1": 2.0})
    options = {"limit": 1000, "choices": choices}
    assert prepare(recipe(), TARGET, trial=trial, **options).plan == "eng2"
    fake.pygraph.ran.clear()
    assert prepare(recipe(), TARGET, trial=trial, **options).plan == "eng2"
    assert not fake.pygraph.ran  # nothing was timed again


def test_plans_above_the_limit_are_left_out(fake):
    trial = trial_of(fake, {"eng1": 3.0, "eng2": 1.0, "eng3_k2=1": 2.0})
    assert prepare(recipe(), TARGET, limit=99, trial=trial).plan == "eng3_k2=1"
    fake.pygraph.broken.update(("eng1", "eng3_k2=1"))
    with pytest.raises(PlanningError, match="eng1 cannot be built"):
        prepare(recipe(), TARGET, limit=99)


def test_a_remembered_plan_that_is_gone_is_chosen_anew(fake, tmp_path):
    choices = Choices(tmp_path / "choices.json")
    choices.put(recipe().key(tf32=True, limit=1000), "gathering: eng99")
    trial = trial_of(fake, {"eng1": 1.0, "eng2": 2.0, "eng3_k2=1": 3.0})
    graph = prepare(recipe(), TARGET, limit=1000, trial=trial, choices=choices)
    assert graph.plan == "eng1"
    assert choices.get(recipe().key(tf32=True, limit=1000)) == "gathering: eng1"


def test_a_plan_that_does_not_run_is_no_candidate(fake):
    def time(call):
        call()
        if fake.pygraph.ran[-1][0] != "eng2":
            raise RuntimeError("refused")
        return 1.0

    trial = Trial(time, ARRAYS, 4096)
    assert prepare(recipe(), TARGET, limit=1000, trial=trial).plan == "eng2"
    fake.pygraph.broken.add("eng2")
    with pytest.raises(CudnnError, match="no plan could be timed: refused"):
        prepare(recipe(), TARGET, limit=1000, trial=trial)


def test_the_second_form_is_taken_where_the_first_has_no_plan(fake, monkeypatch):
    def declines(graph, **options):
        raise fake.cudnnGraphNotSupportedError("no engine")

    monkeypatch.setattr(fake.pygraph, "conv_dgrad", declines, raising=False)
    window = Window((1, 1), (1, 1), (0, 0), (1, 1))
    declined = convolution_backward_data(X, Tensor.plain((4, 4, 1, 1)), X, window)
    assert prepare((declined, recipe()), TARGET, limit=1000).roles == recipe().roles
    with pytest.raises(PlanningError, match="scattering: no engine"):
        prepare(declined, TARGET, limit=1000)


def test_forms_are_timed_against_each_other(fake, monkeypatch, tmp_path):
    monkeypatch.setattr(fake.pygraph, "matmul", fake.pygraph.conv_fprop, raising=False)
    x, weights, y = Tensor.plain((2, 8)), Tensor.plain((4, 8)), Tensor.plain((2, 4))
    seconds = iter([2.0] * 3 * 3 + [1.0] * 3 + [2.0] * 3 * 2)

    def time(call):
        call()
        return next(seconds)

    trial = Trial(time, {"x": 256, "weights": 512, "y": 768}, 4096)
    options = {"limit": 1000, "choices": Choices(tmp_path / "choices.json")}
    forms = inner_product(x, weights, y)
    assert prepare(forms, TARGET, trial=trial, **options).name == "gathering: eng1"
    assert prepare(forms, TARGET, **options).name == "gathering: eng1"


@pytest.mark.parametrize(
    ("dtype", "tf32", "strict"),
    [("float32", True, False), ("float32", False, True), ("float16", False, False)],
)
def test_tensor_cores_are_refused_for_true_float32_alone(fake, dtype, tf32, strict):
    graph, _ = planned(recipe(dtype), TARGET, tf32=tf32)
    names = {note.name for note in graph.unwanted}
    assert {"NONDETERMINISTIC", "REDUCED_PRECISION_REDUCTION"} <= names
    assert ("TENSOR_CORE" in names) == strict


def test_a_float32_bias_makes_nothing_float32(fake):
    x, filters = (Tensor.channels_last(s, "float16") for s in ((2, 4, 5, 5), (4, 4, 3, 3)))
    window = Window((3, 3), (1, 1), (1, 1), (1, 1))
    fake.pygraph.bias = fake.pygraph.conv_fprop
    graph, _ = planned(convolution(x, filters, x, window, bias="float32"), TARGET, tf32=False)
    assert "TENSOR_CORE" not in {note.name for note in graph.unwanted}


def test_a_bound_call_gives_pointers_workspace_and_handle(fake):
    graph = prepare(recipe(), TARGET, limit=1000)
    call = graph.bind(ARRAYS, 4096)
    call()
    call()
    plan, pack, workspace, handle = fake.pygraph.ran[-1]
    assert (plan, workspace, handle) == ("eng1", 4096, 7)
    assert sorted(pack.values()) == [256, 512, 768]
    assert fake.pygraph.ran[0] == fake.pygraph.ran[1]


def test_a_wrong_role_is_named(fake):
    graph = prepare(recipe(), TARGET, limit=1000)
    with pytest.raises(CudnnError, match=r"is bound to x, filters, y\. Received: x, dy"):
        graph.bind({"x": 1, "dy": 2})


def test_a_missing_workspace_is_named(fake):
    fake.pygraph.broken.add("eng1")
    graph = prepare(recipe(), TARGET, limit=1000)
    with pytest.raises(CudnnError, match="needs a workspace of 100 bytes"):
        graph.bind(ARRAYS)


def test_a_device_has_one_handle_on_its_own_stream(fake):
    streams = []
    fake.create_handle = lambda: 9
    fake.set_stream = lambda handle, stream: streams.append((handle, stream))
    fake.destroy_handle = lambda handle: None
    device = Device()
    assert Target.of(device) is Target.of(device)
    assert Target.of(device).handle == 9
    assert streams == [(9, 5)]


def test_a_device_that_cudnn_cannot_use_is_an_error_with_a_remedy(fake):
    def create_handle():
        raise RuntimeError("cudaGetDeviceCount failed")

    fake.create_handle = create_handle
    with pytest.raises(ConfigError, match=r"gpu:0.*9\.28\.1.*GetDeviceCount.*CORTADO_KERNELS"):
        Target.of(Device())
