"""Compiles CUDA C++ for real GPUs, by nvcc, to see that it can be done; nothing is run."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from .build_cache import content_hash, made_once
from .gxx import CompileError, first_lines

# What spills registers, or indexes arrays of a thread's own, is slow: an error too.
FLAGS = (
    *("-fatbin", "-std=c++17", "-Werror", "all-warnings"),
    "-Xptxas=-warn-spills,-warn-lmem-usage,-Werror",
)


def why_missing() -> str | None:
    """What keeps sources from being compiled, or None."""
    return None if _nvcc() else "nvcc was not found"


def compile_only(
    source_path: str | Path,
    include_dirs: Sequence[str | Path] = (),
    definitions: Mapping[str, object] | Sequence[str] = (),
    architectures: Sequence[str] = ("sm_80", "sm_90"),
) -> None:
    """Raises CompileError, with nvcc's output, on errors and warnings.

    definitions   {"NAME": value}, or ["NAME=value"]
    """
    if isinstance(definitions, Mapping):
        definitions = [f"{name}={value}" for name, value in definitions.items()]
    arguments = [
        *FLAGS,
        *(f"-I{folder}" for folder in include_dirs),
        *(f"-D{definition}" for definition in definitions),
        *(f"-gencode=arch={_virtual(name)},code={name}" for name in architectures),
    ]
    source = Path(source_path)
    folders = sorted({source.parent, *map(Path, include_dirs)})
    headers = [
        path for folder in folders for path in sorted(folder.glob("**/*.*h")) if path.is_file()
    ]
    contents = [path.read_bytes() for path in (source, *headers)]
    names = [str(path) for path in (source, *headers)]
    key = content_hash([_version(), *arguments, *names, *contents])
    made_once(f"{key}.fatbin", lambda target: _run([*arguments, str(source), "-o", str(target)]))


def _virtual(architecture: str) -> str:
    return architecture.replace("sm_", "compute_")


@cache
def _version() -> str:
    return _run(["--version"])


def _run(arguments: list[str]) -> str:
    compiler = _nvcc()
    if compiler is None:
        raise CompileError(why_missing())
    done = subprocess.run([compiler, *arguments], capture_output=True, text=True)
    output = done.stdout + done.stderr
    if done.returncode:
        raise CompileError(first_lines(output))
    return output


@cache
def _nvcc() -> str | None:
    return shutil.which("nvcc")
