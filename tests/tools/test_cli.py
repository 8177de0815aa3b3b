import logging
import os
import subprocess
import sys
import types
import warnings
from importlib.util import find_spec

import pytest

from cortado.core import log
from cortado.proto import ConfigError, ConfigWarning
from cortado.tools import cli

HEAVY = {"numpy", "google.protobuf", "cv2", "h5py", "lmdb", "tqdm", "matplotlib", "pydot"}


@pytest.fixture
def command(monkeypatch):
    """command(run) registers `caffe brew`, which takes -cups and calls run(flags)."""

    def register(run):
        module = types.ModuleType("cortado.tools.brew", "Brew coffee.\n\nHot.")
        module.add_flags = lambda parser: parser.add_flag("cups", 1, "how many")
        module.run = run
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "brew", cli.Command("brew", "brew coffee"))

    return register


def failing(problem):
    def run(flags):
        raise problem

    return run


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_file(name):
    assert find_spec(f"cortado.tools.{cli.COMMANDS[name].module}")


@pytest.mark.parametrize("words", [[], ["help"], ["--help"], ["-help"], ["-h"]])
def test_usage_lists_the_commands(words, capsys):
    assert cli.main(words) == 0
    text = capsys.readouterr().out
    assert "usage: caffe <command> <args>" in text
    assert all(f"  {name} " in text for name in cli.COMMANDS)


@pytest.mark.parametrize("words", [["help"], ["--version"], ["brwe"]])
def test_nothing_heavy_is_loaded_before_a_command_runs(words):
    code = f"""
import sys
from cortado.tools.cli import main
main({words})
print("loaded:", *({HEAVY} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert result.stdout.splitlines()[-1] == "loaded:", result.stderr


def test_help_of_one_command(command, capsys):
    command(failing(AssertionError))
    for words in (["help", "brew"], ["brew", "--help"], ["-help", "brew"]):
        assert cli.main(words) == 0
        text = capsys.readouterr().out
        assert "usage: caffe brew" in text
        assert "Brew coffee.\n\nHot." in text
        assert "--cups CUPS" in text


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("caffe (cortado 0.")


@pytest.mark.parametrize("words", [["trian"], ["help", "trian"]])
def test_unknown_command(words, capsys):
    assert cli.main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("caffe: error: unknown command 'trian'; did you mean 'train'?")
    assert "convert_imageset" in error


def test_unlike_any_command(capsys):
    assert cli.main(["zzzzz"]) == 1
    assert "unknown command 'zzzzz' (commands: train, test" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["brew", "-cups=3"], ["-cups", "3", "brew"]])
def test_flags_may_precede_the_command(command, words):
    seen = []
    command(lambda flags: seen.append(flags.cups) or 7)
    assert cli.main(words) == 7
    assert seen == [3]


def test_a_mistake_takes_one_line(command, capsys):
    command(failing(ConfigError("layer 'a': no cup")))
    assert cli.main(["brew"]) == 1
    assert capsys.readouterr().err == "caffe: error: layer 'a': no cup\n"


def test_a_tool_speaks_under_its_own_name(command, capsys):
    command(failing(ConfigError("no cup")))
    assert cli.run("brew", [], program="brew") == 1
    assert capsys.readouterr().err == "brew: error: no cup\n"
    assert cli.run("brew", ["-help"], program="brew") == 0
    assert "usage: brew " in capsys.readouterr().out


def test_what_the_system_refuses_takes_one_line(command, capsys):
    command(failing(PermissionError(13, "Permission denied", "cup")))
    assert cli.main(["brew"]) == 1
    assert capsys.readouterr().err == "caffe: error: [Errno 13] Permission denied: 'cup'\n"


def test_an_interrupt_is_reported_as_shells_do(command):
    command(failing(KeyboardInterrupt()))
    assert cli.main(["brew"]) == 130


def test_a_bug_keeps_its_traceback(command):
    command(failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["brew"])


def test_a_reader_that_leaves_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", "from cortado.tools import cli; cli.sys.exit(cli.main())"]
    command += ["layers", "ReLU"]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd="/", env=buffered)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


def test_warnings_take_one_line(command, capsys):
    command(lambda flags: warnings.warn("lukewarm", ConfigWarning, stacklevel=2) or 0)
    assert cli.main(["brew"]) == 0
    assert capsys.readouterr().err == "caffe: warning: lukewarm\n"


def pour(flags):
    log.info("brew.cpp:1", "pouring")
    log.warning("brew.cpp:2", "spilling")
    return 0


@pytest.mark.parametrize(
    ("flags", "lines"),
    [([], 2), (["-logtostderr", "--alsologtostderr=1"], 2), (["-minloglevel=1"], 1)],
)
def test_the_log_goes_to_stderr(command, capsys, flags, lines):
    command(pour)
    assert cli.main(["brew", *flags]) == 0
    error = capsys.readouterr().err
    assert error.count("\n") == lines
    assert "brew.cpp:2] spilling" in error


def test_a_process_that_logs_goes_on_when_a_command_has_run(command, capsys):
    log.to_stderr(1)
    command(pour)
    assert cli.main(["brew"]) == 0
    capsys.readouterr()
    log.info("brew.cpp:3", "cooling")
    log.warning("brew.cpp:4", "empty")
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "brew.cpp:4] empty" in error


def test_log_dir_gets_the_same_log(command, capsys, tmp_path):
    command(pour)
    for _ in range(2):
        assert cli.main(["brew", f"-log_dir={tmp_path}"]) == 0
        assert (tmp_path / "caffe.INFO").read_text().endswith(capsys.readouterr().err)


def test_log_dir_must_be_there(command, capsys):
    command(pour)
    assert cli.main(["brew", "-log_dir=/nowhere/logs"]) == 1
    assert "No such file or directory" in capsys.readouterr().err


def test_nothing_is_logged_after_the_command(command, capsys):
    level = logging.getLogger("cortado").level
    command(pour)
    cli.main(["brew", "-minloglevel=2"])
    assert logging.getLogger("cortado").level == level
    log.error("brew.cpp:3", "cleaning")
    assert capsys.readouterr().err == ""
