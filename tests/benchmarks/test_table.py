"""The numbers in tables."""

import pytest
from contest.table import best_ratio, geometric_mean, number, print_ratios

TIMES = {"ours": 0.2, "a": 0.5, "b": 0.3}


def test_the_ratio_is_that_of_the_fastest_of_the_others():
    assert best_ratio(TIMES, "ours", ["a", "b"]) == pytest.approx(1.5)
    assert best_ratio(TIMES, "ours", ["a"]) == pytest.approx(2.5)


def test_there_is_no_ratio_without_others_or_us():
    assert best_ratio(TIMES, "ours", ["absent"]) is None
    assert best_ratio({"a": 0.5}, "ours", ["a"]) is None


def test_the_geometric_mean_leaves_out_what_is_not_known():
    assert geometric_mean([2.0, None, 8.0]) == pytest.approx(4)
    assert geometric_mean([None]) is None


@pytest.mark.parametrize(
    ("value", "text"), [(1.2345, "1234"), (0.12345, "123.5"), (0.0012345, "1.23"), (1e-4, "0.1000")]
)
def test_numbers_have_few_digits(value, text):
    assert number({"a": value}, "a", 1e3) == text


def test_an_unknown_number_is_a_dash():
    assert number({}, "a", 1e3) == "-"


def test_a_table_ends_in_the_means(capsys):
    rows = {"one": {"ours": 0.1, "a": 0.2}, "two": {"ours": 0.1, "a": 0.8}}
    print_ratios(rows, ["ours", "a"], "ours", {"a / ours": ["a"]})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["ours", "a", "a", "/", "ours"]
    assert lines[1] == ["one", "100.0", "200.0", "2.00", "x"]
    assert lines[3] == ["geometric", "mean", "4.00", "x"]
