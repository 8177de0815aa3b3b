"""What the docs say of the layers is what their docstrings say."""

import runpy
from pathlib import Path

import pytest

from cortado.core import Layer, register

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "docs/layers.py"))


def test_reference_is_up_to_date(script):
    assert script["reference"]() == (ROOT / "docs/layers.md").read_text(), "run docs/layers.py"


def test_table_of_the_readme_is_up_to_date(script):
    readme = (ROOT / "README.md").read_text()
    assert script["with_table"](readme) == readme, "run docs/layers.py"


def test_table_names_every_file_in_layers(script):
    table = script["with_table"]("<!-- layers -->\n<!-- end of layers -->")
    files = {path.stem.replace("_", "") for path in (ROOT / "layers").glob("[!_]*.py")}
    rows = table.splitlines()[3:-1]
    assert {row.split("]")[0].removeprefix("| [").lower() for row in rows} == files


def test_layers_of_users_stay_out(script):
    @register("DocsTestLayer")
    class DocsTestLayer(Layer):
        """y = x."""

    assert "DocsTestLayer" not in script["reference"]()


def test_formulas_are_printed_as_they_are(script):
    table = script["with_table"]("<!-- layers -->\n<!-- end of layers -->")
    assert r"| y = \|x\|. |" in table
    assert r"negative\_slope \* x" in table
