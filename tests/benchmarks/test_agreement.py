"""Whether results are the same."""

import numpy as np
import pytest
from contest.agreement import differences, worst_distance


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
