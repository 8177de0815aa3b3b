"""Write what the layers' docstrings say to docs/layers.md and to the table in README.md.

python docs/layers.py
"""

import inspect
import re
from pathlib import Path

from cortado.layers import layer_class, layer_types

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/layers.md"
README = ROOT / "README.md"
_TABLE = re.compile(r"(?<=<!-- layers -->\n).*?(?=<!-- end of layers -->)", re.DOTALL)
_MARKUP = re.compile(r"([\\`*_|<\[])")  # what Markdown would not print as it is
_INTRODUCTION = """\
# Layer types

What each layer computes, its blobs and weights with their shapes, and the fields of its prototxt
with their defaults. `caffe layers Convolution` prints the same in a terminal. Written by
`docs/layers.py` from the docstrings in [layers/](../layers).
"""


def main() -> None:
    """Write both."""
    REFERENCE.write_text(reference())
    README.write_text(with_table(README.read_text()))


def reference() -> str:
    """docs/layers.md: the documentation of every layer type, in full."""
    return "\n".join([_INTRODUCTION, *map(_section, _types())])


def with_table(readme: str) -> str:
    """README.md with the table between its two marks made anew."""
    return _TABLE.sub(lambda _: _table(), readme)


def _types() -> list[str]:
    """The types in layers/, without those that others have registered in this process."""
    names = sorted(layer_types(), key=str.lower)
    return [name for name in names if layer_class(name).__module__.startswith("cortado.")]


def _section(name: str) -> str:
    source = layer_class(name).__module__.removeprefix("cortado.").replace(".", "/")
    return f"## {name}\n\n[{source}.py](../{source}.py)\n\n```\n{_documentation(name)}\n```\n"


def _table() -> str:
    rows = ["| type | what it computes | prototxt |", "|---|---|---|"]
    for name in _types():
        documentation = _documentation(name)
        first_line = _MARKUP.sub(r"\\\1", documentation.splitlines()[0])
        rows.append(
            f"| [{name}](docs/layers.md#{name.lower()}) | {first_line} | {_fields(documentation)} |"
        )
    return "\n".join(rows) + "\n"


def _fields(documentation: str) -> str:
    """The messages of LayerParameter that a layer reads."""
    prototxt = documentation.partition("Prototxt:")[2]
    return ", ".join(f"`{field}`" for field in re.findall(r"\b(\w+_param) \{", prototxt))


def _documentation(name: str) -> str:
    return inspect.cleandoc(layer_class(name).__doc__ or "")


if __name__ == "__main__":
    main()
