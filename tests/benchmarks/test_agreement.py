"""Whether results are the same."""

import numpy as np
import pytest
from contest.agreement import differences, is_close, worst_distance


def test_results_are_compared_blob_by_blob(tmp_path):
    np.savez(tmp_path / "a", **{"x": [[1.0, 2.0]], "gradient c:0": [3.0, 4.0]})
    np.savez(tmp_path / "b", **{"x@relu": [1.0, 2.5], "gradient c:0": [3.0, 4.5]})
    outputs, gradients = differences(tmp_path / "a.npz", tmp_path / "b.npz")
    assert outputs == pytest.approx(0.5 / 2.5)
    assert gradients == pytest.approx(0.5 / np.hypot(3, 4.5))


def test_what_is_no_number_is_far_from_everything():
    nan, one = {"x": np.array([np.nan])}, {"x": np.ones(1)}
    assert worst_distance(nan, one) == np.inf


def test_noise_in_place_of_zero_counts_by_the_longest_gradient():
    ours = {"bias": np.array([1e-6]), "filters": np.array([1.0])}
    theirs = {"bias": np.array([-1e-6]), "filters": np.array([1.0])}
    assert worst_distance(ours, theirs) == pytest.approx(2e-3)


def test_where_others_round_as_we_do_we_may_be_as_far_as_they():
    assert is_close((5e-4, 0.05))
    assert not is_close((5e-3, 0.05))
    assert is_close((5e-3, 0.3), theirs=(4e-3, 0.2))
    assert not is_close((5e-3, 0.6), theirs=(4e-3, 0.2))
    assert not is_close((np.inf, 0.0), theirs=(4e-3, 0.2))


def test_a_value_is_found_by_its_own_name_first(tmp_path):
    np.savez(tmp_path / "a", **{"x": [1.0], "x@relu": [2.0]})
    np.savez(tmp_path / "b", **{"x@relu": [2.0]})
    assert differences(tmp_path / "a.npz", tmp_path / "b.npz") == (0, 0)
