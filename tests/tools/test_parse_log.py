import csv
from pathlib import Path

import pytest

from cortado.tools.cli import main
from cortado.tools.training_log import parse_training_log

TIMES = ("I1231 23:59:5", "I20251231 23:59:5")
LINES = """\
{0}0.000000 7 caffe.cpp:211] Use CPU.
{0}1.500000 7 solver.cpp:279] Solving LeNet
{0}1.600000 7 solver.cpp:330] Iteration 0, Testing net (#0)
{0}2.000000 7 solver.cpp:397]     Test net output #0: accuracy = 0.1155
{0}2.000000 7 solver.cpp:397]     Test net output #1: loss = 2.37286 (* 1 = 2.37286 loss)
{0}2.100000 7 solver.cpp:330] Iteration 0, Testing net (#1)
{0}2.250000 7 solver.cpp:397]     Test net output #0: accuracy = 0.25
{0}3.500000 7 solver.cpp:218] Iteration 0 (-7.00649e-44 iter/s, 2.643s/100 iters), loss = 2.36203
{0}3.500000 7 solver.cpp:237]     Train net output #0: loss = 2.36203 (* 1 = 2.36203 loss)
{0}3.500000 7 sgd_solver.cpp:105] Iteration 0, lr = 0.01
{0}9.500000 7 solver.cpp:218] Iteration 100 (29.1715 iter/s, 3.428s/100 iters), loss = nan
{0}9.500000 7 solver.cpp:237]     Train net output #0: loss = -nan (* 1 = -nan loss)
{0}9.500000 7 solver.cpp:237]     Train net output #1: a = b/c = 1e-05
{0}9.500000 7 sgd_solver.cpp:105] Iteration 100, lr = 9.9e-05
"""
NEXT_YEAR = "I{}0101 00:00:01.500000 7 solver.cpp:330] Iteration 200, Testing net (#0)\n" + (
    "I{}0101 00:00:01.500000 7 solver.cpp:397]     Test net output #0: accuracy = 1\n"
)
LOG = Path(__file__).resolve().parents[3] / "shared/models/lenet_mnist/caffe-log.txt"


def table(path, delimiter=","):
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.fixture(params=TIMES, ids=["without years", "with years"])
def log(request, tmp_path, monkeypatch):
    (tmp_path / "run.log").write_text(LINES.format(request.param))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "run.log"


def test_tables_have_the_columns_of_caffe(log):
    assert main(["parse_log", "run.log"]) == 0
    train, test = table("run.log.train"), table("run.log.test")
    assert test == [
        ["NumIters", "Seconds", "LearningRate", "accuracy", "loss"],
        ["0.0", "0.5", "0.01", "0.1155", "2.37286"],
    ]
    assert train == [
        ["NumIters", "Seconds", "LearningRate", "loss", "a = b/c"],
        ["0.0", "2.0", "0.01", "2.36203", ""],
        ["100.0", "8.0", "9.9e-05", "nan", "1e-05"],
    ]


def test_each_further_test_net_has_a_table(log):
    main(["parse_log", "run.log"])
    assert table("run.log.test1")[1] == ["0.0", "0.75", "0.01", "0.25"]


def test_folder_delimiter_and_verbose(log, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert main(["parse_log", "run.log", "out", "--verbose", "--delimiter", ";"]) == 0
    assert "Wrote out/run.log.train" in capsys.readouterr().out
    assert table("out/run.log.test", ";")[1][0] == "0.0"


@pytest.mark.parametrize(("times", "year"), [(TIMES[0], ""), (TIMES[1], "2026")])
def test_a_run_may_last_into_the_next_year(times, year):
    lines = (LINES.format(times) + NEXT_YEAR.format(year, year)).splitlines()
    row = parse_training_log(lines).tests[0][-1]
    assert (row.iteration, row.seconds, row.rate) == (200, 10.0, 9.9e-05)


def test_lines_without_times_are_read_too():
    lines = [line.partition("] ")[2] for line in LINES.format(TIMES[0]).splitlines()]
    log = parse_training_log(lines)
    assert [row.iteration for row in log.train] == [0, 100]
    assert log.losses == {"loss"}


@pytest.mark.skipif(not LOG.exists(), reason="needs ../shared/models")
def test_the_log_of_a_real_run(tmp_path):
    assert main(["parse_log", str(LOG), str(tmp_path)]) == 0
    train, test = table(tmp_path / "caffe-log.txt.train"), table(tmp_path / "caffe-log.txt.test")
    assert len(train) == 1 + 100
    assert len(test) == 1 + 21
    assert test[-1][0] == "10000.0"
    assert test[-1][3:] == ["0.9906", "0.0287233"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run.log", "-delimiter", "ab"], "-delimiter: 'ab' must be one character"),
        (["empty"], "empty: holds no output of any iteration"),
        (["gone"], "no such file: gone"),
        (["run.log", "gone"], "gone/run.log.train: cannot be written"),
    ],
)
def test_what_is_missing_or_wrong_is_named(log, tmp_path, capsys, words, message):
    (tmp_path / "empty").write_text("nothing of interest\n\0")
    assert main(["parse_log", *words]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"caffe: error: {message}")
