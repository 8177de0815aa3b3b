"""What must hold because the repository root is the package, and because floors stand on floors."""

import ast
import pkgutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest

import cortado
from cortado import layers

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETTINGS = PYPROJECT["tool"]["setuptools"]
HEAVY = {"numpy", "google.protobuf", "cv2", "h5py", "lmdb", "tqdm", "numba", "matplotlib", "pydot"}

# Each imports only from those before it.
FLOORS = (
    "proto",
    "core",
    "kernels",
    "data",
    "layers",
    "nets",
    "solvers",
    "dnn",
    "tools",
    "pycaffe",
)
NEIGHBOURS = {"dnn", "tools", "pycaffe"}  # one floor, side by side
MODULES = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def distributed_name(folder):
    """The package that setuptools makes of a folder."""
    parts = folder.relative_to(ROOT).parts
    return ".".join(("caffe", *parts[1:]) if parts[0] == "pycaffe" else ("cortado", *parts))


def test_every_package_is_listed():
    """setuptools cannot find packages below a renamed root, so pyproject.toml lists them."""
    found = {"cortado", *(distributed_name(path.parent) for path in MODULES)}
    assert set(SETTINGS["packages"]) == found


def test_every_folder_with_modules_is_a_package():
    assert [path for path in MODULES if not path.with_name("__init__.py").exists()] == []


def test_no_stray_module_in_the_root():
    """Any .py in the root would be shipped, and would shadow others when run from there."""
    assert [path.name for path in ROOT.glob("*.py")] == ["__init__.py"]


def test_data_files_are_shipped():
    shipped = {path for glob in SETTINGS["package-data"]["cortado"] for path in ROOT.glob(glob)}
    wanted = {
        path
        for folder in (*FLOORS, "models")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and path.suffix not in (".py", ".pyi")
        and path.parent.name != "__pycache__"
    }
    assert wanted - shipped == set()
    for path in ("py.typed", "proto/caffe.proto", "models/digits/train_test.prototxt"):
        assert files("cortado").joinpath(path).is_file(), path


@pytest.mark.parametrize(
    "code", ["import cortado", "from cortado import ConfigError", "import cortado.tools.cli"]
)
def test_import_is_light(code):
    """pytest may import the root under another name; commands should answer at once."""
    check = f"import sys; {code}; print('loaded:', *({HEAVY} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd="/")
    assert result.stdout == "loaded:\n", result.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_floors(path):
    floor = path.relative_to(ROOT).parts[0]
    allowed = set(FLOORS[: FLOORS.index(floor) + 1])
    if floor in NEIGHBOURS:
        allowed -= NEIGHBOURS - {floor}
    assert set(imported_floors(path)) - allowed == set()


def imported_floors(path):
    """First folder below the root of everything of ours that a module imports."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            # `from .. import layers` names the floor behind the import.
            names = [module] if module else [alias.name for alias in node.names]
            if node.level and path.is_relative_to(ROOT / "pycaffe"):
                names = ["pycaffe"]
            elif node.level:
                names = [f"cortado.{name}" for name in names]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "cortado" and rest:
                yield rest.partition(".")[0]
            elif top in ("caffe", "pycaffe"):
                yield "pycaffe"


@pytest.mark.parametrize(
    ("source", "floors"),
    [
        ("from ..proto import ConfigError", ["proto"]),
        ("from .. import nets, data", ["nets", "data"]),
        ("from .relu import ReLU", ["layers"]),
        ("from . import relu", ["layers"]),
        ("import cortado.solvers.sgd", ["solvers"]),
        ("from cortado.tools import cli", ["tools"]),
        ("import caffe", ["pycaffe"]),
        ("import numpy, os.path", []),
        ("def f():\n    from ..core import log", ["core"]),
    ],
)
def test_imports_are_seen(monkeypatch, tmp_path, source, floors):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "layers").mkdir()
    module = tmp_path / "layers/it.py"
    module.write_text(source)
    assert list(imported_floors(module)) == floors


def test_no_module_imports_its_own_package_by_name():
    """A checkout under another name, or run by pytest, would then load everything twice."""
    named = [
        path
        for path in MODULES
        if not path.is_relative_to(ROOT / "pycaffe")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and (node.module or "").split(".")[0] == "cortado"
    ]
    assert named == []


def test_every_layer_file_is_named_after_its_type():
    """InnerProduct is in inner_product.py: the type in lower case, underscores at will."""
    home = "cortado.layers."
    types = {name: layers.layer_class(name).__module__ for name in layers.layer_types()}
    found = {name.lower(): module for name, module in types.items() if module.startswith(home)}
    assert {name: module.removeprefix(home).replace("_", "") for name, module in found.items()} == {
        name: name for name in found
    }
    assert set(found.values()) == {
        home + module.name for module in pkgutil.iter_modules(layers.__path__) if not module.ispkg
    }


@pytest.mark.parametrize("name", cortado.__all__)
def test_public_names_exist(name):
    assert getattr(cortado, name) is not None


def test_other_names_do_not():
    with pytest.raises(AttributeError, match="has no attribute 'Nett'"):
        _ = cortado.Nett


def test_the_version_is_that_of_the_distribution():
    assert cortado.__version__ == PYPROJECT["project"]["version"]


@pytest.mark.parametrize("entry", PYPROJECT["project"]["scripts"].values())
def test_every_installed_command_has_its_function(entry):
    module, _, function = entry.partition(":")
    assert callable(getattr(import_module(module), function))
