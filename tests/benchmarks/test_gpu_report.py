"""What is printed of a contest on a GPU."""

import json

import pytest
from contest.gpu_contest import Cell, Check
from contest.gpu_report import Report
from nets.job import Job
from nets.roofline import Work

NAMES = ["cortado", "channels-last", "graph-last"]


@pytest.fixture
def report(tmp_path):
    found = Report(str(tmp_path / "found.json"), NAMES, "a device")
    found.limits = {"copy": 1e12, "tf32": 4e14}
    found.jobs["resnet50:64"] = Job(tmp_path, True, 64, 1e12, [Work(1e12, 10**9, 0)])
    found.show_check("resnet50", "tf32", Check((2e-3, 0.2), (1e-3, 0.1)))
    times = {"cortado": 0.005, "channels-last": 0.02, "graph-last": 0.01}
    found.show_cell(Cell("resnet50:64", "tf32", times, {"cortado": 2.0**20}))
    return found


def lines_of(capsys):
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_ratios_are_those_of_each_and_of_the_best(report, capsys):
    report.print_tables(["tf32"])
    row = next(line for line in lines_of(capsys) if "x" in line)
    assert row == ["resnet50:64", "5.00", "20.00", "10.00", "4.00", "x", "2.00", "x", "2.00", "x"]


def test_the_least_time_is_what_the_limits_allow(report, capsys):
    report.print_tables(["tf32"])
    row = [line for line in lines_of(capsys) if line[:2] == ["resnet50:64,", "tf32"]][-1]
    # 4e9 bytes at 1e12 a second take longer than 1e12 operations at 4e14.
    assert row[2:] == ["200.0", "400.0", "50%", "4.00", "80%", "40%"]


def test_what_cannot_be_trusted_is_marked(report, capsys):
    report.show_check("resnet50", "tf32", Check((1.0, 1.0)))
    report.show_cell(Cell("lenet:64", "tf32", {"cortado": 1.0}))
    report.print_tables(["tf32"])
    titles = [line[:2] for line in lines_of(capsys)]
    assert ["resnet50:64", "*"] in titles
    assert ["lenet:64", "?"] in titles


def test_all_is_kept_in_a_file(report):
    cell = Cell("lenet:64", "tf32")
    cell.note("graph-last", RuntimeError("too late"))
    report.show_cell(cell)
    with open(report.path) as file:
        told = json.load(file)
    assert told["checks"]["resnet50"]["tf32"]["ours"] == [2e-3, 0.2]
    assert told["cells"][0]["least_seconds"] == pytest.approx(4e-3)
    assert "too late" in told["cells"][1]["problems"]["graph-last"]
    assert "too late" in told["notes"][-1]
