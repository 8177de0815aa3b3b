import pytest

from cortado.core.optional import load
from cortado.proto import ConfigError


def test_a_module_is_loaded():
    assert load("json", "extra", "-x").dumps([1]) == "[1]"


def test_an_absent_package_is_told_with_its_extra():
    with pytest.raises(ConfigError, match=r"-x needs nowhere, which is not installed: pip install"):
        load("nowhere.deep", "extra", "-x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import gone_below", "No module named 'gone_below'"),
        ("raise ImportError('libcuda.so.1: cannot open')", "libcuda.so.1: cannot open"),
    ],
)
def test_a_package_that_lacks_what_it_needs_says_so(tmp_path, monkeypatch, text, message):
    (tmp_path / "broken_package.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match=f"broken_package, which cannot be imported: {message}"):
        load("broken_package", "extra", "-x")
