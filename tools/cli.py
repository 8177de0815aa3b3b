"""caffe <command> <flags>: finds the command, runs it, and says in one line what went wrong."""

import os
import sys
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

from ..proto import ConfigError, ConfigWarning
from . import glog
from .flags import FlagParser


class Command(NamedTuple):
    """A file in tools/ with add_flags(parser) and run(flags) -> exit status.

    Its TROUBLE, if it has one, is the exit status for mistakes; else that is 1.
    """

    module: str
    summary: str


COMMANDS = {
    "train": Command("train", "train or finetune a model"),
    "test": Command("test_net", "score a model"),
    "time": Command("time_net", "benchmark model execution time"),
    "summarize": Command("summarize", "show the layers of a net, their shapes and costs"),
    "parse_log": Command("parse_log", "turn a training log into tables"),
    "plot_training_log": Command("plot_training_log", "draw the curves of training logs"),
    "draw_net": Command("draw_net", "draw the graph of a net"),
    "show": Command("show", "show the layers and numbers of a weights file"),
    "diff": Command("diff", "compare two weights files, nets or solvers"),
    "upgrade_net_proto_text": Command("upgrade_net_proto_text", "bring an old net up to date"),
    "upgrade_net_proto_binary": Command(
        "upgrade_net_proto_binary", "bring an old caffemodel up to date"
    ),
    "upgrade_solver_proto_text": Command(
        "upgrade_solver_proto_text", "bring an old solver up to date"
    ),
    "export_onnx": Command("export_onnx", "write a net as an ONNX model"),
    "export_weights": Command("export_weights", "write weights for other frameworks"),
    "import_weights": Command("import_weights", "take over weights of other frameworks"),
    "device_query": Command("device_query", "show what this machine computes with"),
    "extract_features": Command("extract_features", "write blobs of a net to databases"),
    "classify": Command("classify", "score images with a net"),
    "detect": Command("detect", "score windows of images with a net"),
    "resize_and_crop_images": Command("resize_and_crop_images", "make images square"),
    "convert_imageset": Command("convert_imageset", "make a database of image files"),
    "convert_mnist": Command("convert_mnist", "make a database of MNIST's idx files"),
    "convert_cifar10": Command("convert_cifar10", "make databases of CIFAR-10's binary files"),
    "compute_image_mean": Command("compute_image_mean", "average the images of a database"),
    "download": Command("download", "fetch MNIST or CIFAR-10"),
    "layers": Command("layers", "list the layer types, or explain one"),
}
_INTERRUPTED = 130  # what a shell reports after SIGINT
_PIPE_CLOSED = 141  # and after SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run `caffe` and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    name = _take_command(words)
    if name in COMMANDS:
        return run(name, words)
    if "version" in (name, *(word.lstrip("-") for word in words)):
        from importlib.metadata import version  # slow to load, and seldom asked for

        print(f"caffe (cortado {version('cortado')})")
        return 0
    if name in (None, "help"):
        topic = next((word for word in words if not word.startswith("-")), None)
        if topic in COMMANDS:
            return run(topic, ["-help"])
        name = topic
    if name is None:
        print(_usage())
        return 0
    return _fail("caffe", f"unknown command {name!r}{_suggestion(name)}")


def run(name: str, words: Sequence[str], program: str = "caffe") -> int:
    """Run one command and return its exit status; `program` is what the user calls it by."""
    module = None
    try:
        module = import_module(f".{COMMANDS[name].module}", __package__)
        parser = _parser(module, program if program == name else f"{program} {name}")
        flags = parser.parse(words)
        with warnings.catch_warnings(), glog.logging_to(program, flags):
            _show_warnings(program)
            status = module.run(flags)
        sys.stdout.flush()  # else a closed pipe would be noticed only after the last line
        return status
    except ConfigError as problem:
        return _fail(program, str(problem), getattr(module, "TROUBLE", 1))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as problem:
        return _fail(program, str(problem))
    except MemoryError as problem:
        return _fail(program, f"out of memory: {problem} (a smaller batch_size takes less)")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as done:  # argparse, after -help
        return int(done.code or 0)


def _take_command(words: list[str]) -> str | None:
    """Remove the command from the words: the first, or behind flags the first that is one."""
    if words and words[0].startswith("-"):
        found = next((word for word in words if word in COMMANDS), None)
    else:
        found = words[0] if words else None
    if found is not None:
        words.remove(found)
    return found


def _parser(module: Any, program: str) -> FlagParser:
    parser = FlagParser(program, module.__doc__)
    module.add_flags(parser)
    glog.add_flags(parser)
    return parser


def _show_warnings(program: str) -> None:
    """Print ConfigWarnings as users expect to read them, each once."""

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        print(f"{program}: warning: {message}", file=sys.stderr)

    warnings.simplefilter("default", ConfigWarning)
    warnings.showwarning = show


def _fail(program: str, problem: str, status: int = 1) -> int:
    print(f"{program}: error: {problem}", file=sys.stderr)
    return status


def _usage() -> str:
    commands = "\n".join(f"  {name:<27}{what.summary}" for name, what in COMMANDS.items())
    return f"""\
command line brew
usage: caffe <command> <args>

commands:
{commands}

`caffe help <command>` explains one of them."""


def _suggestion(name: str) -> str:
    close = get_close_matches(name, COMMANDS, n=1)
    nearest = f"; did you mean {close[0]!r}?" if close else ""
    return f"{nearest} (commands: {', '.join(COMMANDS)})"
