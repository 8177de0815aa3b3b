"""Weights and solver states that are damaged, or belong to something else."""

import re

import pytest

WEIGHTS, STATE = "it_iter_2.caffemodel", "it_iter_2.solverstate"


@pytest.fixture(params=["", ".h5"], ids=["binary", "hdf5"])
def saved(request, train, place):
    """A run that has saved itself; saved(name) -> name, as it is called in this format."""
    suffix = request.param
    solver = {"snapshot: 2": "snapshot: 2 snapshot_format: HDF5"} if suffix else {}
    assert train(solver=solver)[0] == 0
    return lambda name: name + suffix


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("flag", "name"), [("-weights", WEIGHTS), ("-snapshot", STATE)])
def test_a_file_cut_short_is_named(saved, refused, place, flag, name, share):
    path = place / saved(name)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    assert refused(flag, path.name).startswith(f"{path.name}: ")


@pytest.mark.parametrize(("flag", "name"), [("-weights", STATE), ("-snapshot", WEIGHTS)])
def test_one_is_not_the_other(saved, refused, flag, name):
    assert saved(name) in refused(flag, saved(name))


def test_weights_of_another_shape_name_the_layer_both_shapes_and_the_remedies(saved, refused):
    message = refused("-weights", saved(WEIGHTS), net={"num_output: 3": "num_output: 4"})
    assert message == (
        "layer 'ip' (InnerProduct): weight 0 has shape (4, 128), but (3, 128) in "
        f"{saved(WEIGHTS)}. To train this layer afresh, rename it (a layer that the file does not "
        "know keeps its filler), or pass -weights_skip ip"
    )


def test_weights_of_another_shape_can_be_skipped(saved, train):
    words = ("-weights", saved(WEIGHTS), "-weights_skip", "ip")
    assert train(*words, net={"num_output: 3": "num_output: 4"})[0] == 0


def test_a_layer_to_skip_must_exist(saved, refused):
    message = refused("-weights", saved(WEIGHTS), "-weights_skip", "pi")
    assert message == "-weights_skip: the net has no layer 'pi'"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"solver": {"momentum": 'type: "Adam" momentum'}},
            "has 2 history blobs, but solver type 'Adam' has 4 for this net",
        ),
        (
            {"net": {"num_output: 3": "num_output: 4"}},
            r"a history blob has shape \(3, 128\), but weight 0 of layer 'ip' has \(4, 128\)",
        ),
        (
            {"net": {"num_output: 3": "num_output: 3 bias_term: false"}},
            "has 2 history blobs, but solver type 'SGD' has 1 for this net",
        ),
    ],
)
def test_a_state_of_something_else(saved, refused, changes, message):
    assert re.search(f"{saved(STATE)}: {message}", refused("-snapshot", saved(STATE), **changes))


def test_a_state_whose_weights_are_gone(saved, refused, place):
    (place / saved(WEIGHTS)).unlink()
    message = refused("-snapshot", saved(STATE))
    assert message == f"{saved(STATE)}: its weights are neither at '{saved(WEIGHTS)}' nor beside it"


def test_a_state_without_its_side_file_resumes_with_a_warning(saved, train, place):
    (place / "it_iter_2.resume.json").unlink()
    status, lines = train("-snapshot", saved(STATE))
    assert status == 0
    assert any("No it_iter_2.resume.json: as in Caffe, data starts from" in line for line in lines)


def test_files_that_are_missing(refused):
    assert refused("-weights", "no.caffemodel").startswith("no such file: no.caffemodel (looked")
    assert refused("-snapshot", "no.solverstate").startswith("no such file: no.solverstate (look")


def test_a_run_is_either_resumed_or_started_from_weights(refused):
    assert "give one, not both" in refused("-weights", WEIGHTS, "-snapshot", STATE)
