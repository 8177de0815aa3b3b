"""Finds kernels in preprocessed CUDA C++, and makes of it what g++ understands."""

import re
from dataclasses import dataclass

BARRIERS = re.compile(r"\b__(syncthreads|syncwarp|shfl_\w+|ballot_sync|any_sync|all_sync)\b")
LITERALS = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'')
TRANSPARENT = re.compile(r'\s*(extern\s*" *"|(inline\s+)?namespace(\s+[\w:]+)?)\s*')
DYNAMIC_SHARED = re.compile(
    r"\bextern\b([^;{}\"]*?)\b__shared__\b([^;{}\"]*?)\b(\w+)\s*\[\s*\]\s*;"
)

# Of larger blocks, where a kernel does not say how large they are, registers may not be enough.
SURE_THREADS = "256"

SHARED = re.compile(r"\b__shared__\b([^;{}]*);")


@dataclass(frozen=True)
class Kernel:
    """A __global__ function."""

    name: str
    parameters: tuple[str, ...]  # their names
    most_threads: str  # of a block, an expression of C++
    has_barriers: bool  # in itself or in a function that it calls


@dataclass(frozen=True)
class _Definition:
    head: str
    body: str


def find_kernels(text: str) -> list[Kernel]:
    """The kernels that are defined in a preprocessed source."""
    definitions = _definitions(text)
    blocking = _names_with_barriers(definitions)
    return [
        _kernel(definition, blocking)
        for definition in definitions
        if "__global__" in definition.head and not definition.head.lstrip().startswith("template")
    ]


def translate(text: str, kernels: list[Kernel]) -> str:
    """The source for g++, to be compiled with shim/cuda_host.h before it."""
    text = DYNAMIC_SHARED.sub(_dynamic_shared, text)
    text = SHARED.sub(_shared, text)
    # Mangled names do not clash with those of the C library.
    text = re.sub(r'extern\s*"C"', 'extern "C++"', text)
    bounds = "".join(
        f"constexpr unsigned most_threads_{kernel.name} = {kernel.most_threads};\n"
        for kernel in kernels
    )
    wrappers = "".join(
        f"EMULATED_KERNEL({kernel.name}, most_threads_{kernel.name})\n" for kernel in kernels
    )
    return f"namespace cortado_kernels {{ namespace {{\n{text}\n{bounds}}} }}\n{wrappers}"


def _kernel(definition: _Definition, blocking: set[str]) -> Kernel:
    head = definition.head
    bound = SURE_THREADS
    while attribute := re.search(r"\b(__launch_bounds__|__attribute__)\s*(?=\()", head):
        end = _closing(head, attribute.end())
        if attribute.group(1) == "__launch_bounds__":
            bound = _split(head[attribute.end() + 1 : end])[0]
        head = head[: attribute.start()] + head[end + 1 :]
    signature = re.search(r"(\w+)\s*(?=\()", head[head.index("__global__") :])
    if signature is None:
        raise ValueError(f"a kernel's head was not understood: {definition.head.strip()}")
    start = head.index("__global__") + signature.end()
    parameters = _split(head[start + 1 : _closing(head, start)])
    return Kernel(
        signature.group(1),
        tuple(re.findall(r"\w+", parameter)[-1] for parameter in parameters if parameter != "void"),
        bound,
        bool(BARRIERS.search(definition.body)) or _uses(definition.body, blocking),
    )


def _definitions(text: str) -> list[_Definition]:
    """Whatever has a body in braces: functions, also structs and initialised tables."""
    text = re.sub(r"^#.*$", lambda line: " " * len(line[0]), text, flags=re.MULTILINE)
    text = LITERALS.sub(lambda literal: f'"{" " * (len(literal[0]) - 2)}"', text)
    found = []
    depth = start = opened = 0
    for brace in re.finditer(r"[{};]", text):
        place = brace.start()
        if depth:
            depth += {"{": 1, "}": -1, ";": 0}[brace[0]]
            if not depth:
                found.append(_Definition(text[start:opened], text[opened:place]))
                start = place + 1
        elif brace[0] == "{" and not TRANSPARENT.fullmatch(text[start:place]):
            depth, opened = 1, place
        else:
            start = place + 1
    return found


def _names_with_barriers(definitions: list[_Definition]) -> set[str]:
    """Functions and structs that come to a barrier, themselves or by others that they name."""
    blocking: set[str] = set()
    while True:
        found = {
            name
            for definition in definitions
            if BARRIERS.search(definition.body) or _uses(definition.body, blocking)
            for name in re.findall(r"\w+(?=\s*\()|(?<=struct )\w+|(?<=class )\w+", definition.head)
            if not name.startswith("__")
        }
        if found <= blocking:
            return blocking
        blocking |= found


def _uses(body: str, names: set[str]) -> bool:
    return not names.isdisjoint(re.findall(r"\w+", body))


def _shared(match: re.Match[str]) -> str:
    """The declaration, and what has its variables filled before each block."""
    names = [re.findall(r"\w+", part.split("[")[0])[-1] for part in _split(match[1])]
    return match[0] + "".join(f" EMULATED_SHARED({name})" for name in names)


def _dynamic_shared(match: re.Match[str]) -> str:
    kind = re.sub(r"__align__\s*\(\s*\w+\s*\)", "", match[1] + match[2]).strip()
    lines = "\n" * match[0].count("\n")  # errors name the right line
    return (
        f"{kind}* const {match[3]} = reinterpret_cast<{kind}*>(::emulated::dynamic_shared);{lines}"
    )


def _closing(text: str, start: int) -> int:
    """Where the parenthesis at `start` is closed."""
    depth = 0
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if not depth:
            return place
    raise ValueError(f"no closing parenthesis: {text[start:]}")


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no brackets; none if there is nothing."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, "<": 1, "[": 1, ")": -1, ">": -1, "]": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
