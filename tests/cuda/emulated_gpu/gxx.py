"""Compiles CUDA C++ for the host, by g++ and shim/."""

import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .build_cache import content_hash, folder, made_once
from .kernel_text import Kernel, find_kernels, translate

SHIM = Path(__file__).parent / "shim"
# No contraction to fused multiply-adds: results do not depend on the host. Fortified longjmp takes
# a switch of fibers for an error.
FLAGS = [
    "-std=c++17",
    "-O1",
    "-fPIC",
    "-w",
    "-ffp-contract=off",
    "-fno-strict-aliasing",
    "-fvisibility=hidden",
    "-U_FORTIFY_SOURCE",
]
MOST_LINES = 20  # of a compiler's errors


class CompileError(Exception):
    """A compiler refused a source."""


@dataclass(frozen=True)
class Build:
    """A compiled source."""

    library: ctypes.CDLL
    kernels: dict[str, Kernel]


def why_missing() -> str | None:
    """What keeps the emulated GPU from running, or None."""
    return None if _gxx() else "the emulated GPU needs g++, which was not found"


def build(source: str, options: tuple[str, ...]) -> Build:
    """The source as a library of the host; options as for NVRTC, of which -I and -D count."""
    text = _preprocessed(source, options)
    kernels = find_kernels(text)
    translated = translate(text, kernels)
    key = content_hash([translated, _environment()])
    path = made_once(f"{key}.so", lambda target: _compile(translated, target))
    return Build(ctypes.CDLL(str(path)), {kernel.name: kernel for kernel in kernels})


def first_lines(message: str) -> str:
    return "\n".join(message.strip().splitlines()[:MOST_LINES])


def _preprocessed(source: str, options: tuple[str, ...]) -> str:
    # NVRTC knows no headers of the host, so there are none here.
    known = [option for option in options if option.startswith(("-I", "-D"))]
    command = ["-E", "-nostdinc", "-x", "c++", *known, f"-I{SHIM}", "-DCORTADO_ON_HOST=1", "-"]
    return _run_gxx(command, f'# 1 "kernel.cu"\n{source}')


def _compile(text: str, target: Path) -> None:
    header = _precompiled_header()
    _run_gxx([*FLAGS, "-shared", "-include", header, "-x", "c++", "-", "-o", str(target)], text)


@cache
def _precompiled_header() -> str:
    """cuda_host.h in a folder of its own, where g++ looks for the precompiled one beside it."""
    name = f"shim-{_environment()}"
    (folder() / name).mkdir(exist_ok=True)
    original = SHIM / "cuda_host.h"
    header = made_once(f"{name}/cuda_host.h", lambda path: _write(path, f'#include "{original}"\n'))
    made_once(
        f"{name}/cuda_host.h.gch",
        lambda path: _write_header(original, path),
    )
    return str(header)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _write_header(original: Path, target: Path) -> None:
    _run_gxx([*FLAGS, "-x", "c++-header", str(original), "-o", str(target)])


@cache
def _environment() -> str:
    """Stands for all that libraries depend on besides their source."""
    shim = [path.read_bytes() for path in sorted(SHIM.glob("*.h"))]
    return content_hash([_run_gxx(["--version"]), str(SHIM), *FLAGS, *shim])


def _run_gxx(arguments: list[str], text: str = "") -> str:
    compiler = _gxx()
    if compiler is None:
        raise CompileError(why_missing())
    done = subprocess.run([compiler, *arguments], input=text, capture_output=True, text=True)
    if done.returncode:
        raise CompileError(first_lines(done.stderr))
    return done.stdout


@cache
def _gxx() -> str | None:
    return shutil.which("g++")
