import numpy as np
import pytest

from cortado.core.boxes import UNIT, areas, coverages, intersections, locate, overlaps, project

A = np.array([0, 0, 4, 2.0])


@pytest.mark.parametrize(
    ("box", "area"),
    [([0, 0, 4, 2], 8), ([1, 1, 1, 5], 0), ([3, 0, 1, 2], 0), ([3, 4, 1, 2], 0)],
)
def test_the_area_of_a_box_turned_inside_out_is_0(box, area):
    assert areas(np.array(box, float)) == area


def test_pixels_have_a_width():
    assert areas(A, pixel=1) == 15
    assert intersections(A, np.array([4, 2, 9, 9.0]), pixel=1) == 1
    assert overlaps(A, np.array([0, 0, 4, 5.0]), pixel=1) == 0.5
    assert overlaps(A, np.array([5, 0, 9, 2.0]), pixel=1) == 0


@pytest.mark.parametrize(
    ("other", "common"),
    [
        ([0, 0, 4, 2], 8),
        ([1, 1, 9, 9], 3),
        ([-5, -5, 9, 9], 8),
        ([4, 0, 5, 2], 0),
        ([5, 5, 6, 6], 0),
        ([3, 0, 1, 2], 0),
    ],
)
def test_common_area_overlap_and_coverage(other, common):
    other = np.array(other, float)
    size = areas(other)
    assert intersections(A, other) == intersections(other, A) == common
    assert overlaps(A, other) == pytest.approx(common / (8 + size - common))
    assert coverages(A, other) == common / 8
    assert coverages(other, A) == (common / size if common else 0)


def test_two_points_have_no_overlap():
    point = np.array([1, 1, 1, 1.0])
    assert overlaps(point, point) == 0
    assert coverages(point, A) == 0


def test_every_box_with_every_other(rng):
    a, b = rng.random((2, 5, 4))
    together = overlaps(a[:, None], b)
    assert together.shape == (5, 5)
    assert together[1, 3] == overlaps(a[1], b[3])


def test_float32_stays_float32(rng):
    a = rng.random((3, 4)).astype(np.float32)
    assert {f(a, a).dtype.name for f in (intersections, overlaps, coverages)} == {"float32"}
    assert areas(a).dtype == np.float32


def test_project_and_locate_undo_each_other():
    window = np.array([0.5, 0.25, 1, 0.75])
    box = np.array([[0.5, 0.5, 0.75, 1]])
    np.testing.assert_allclose(project(box, window), [[0, 0.5, 0.5, 1.5]])
    np.testing.assert_allclose(locate(project(box, window), window), box)
    np.testing.assert_array_equal(project(box, UNIT), box)
