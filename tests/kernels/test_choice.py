import pytest

from cortado.kernels import choice
from cortado.proto import ConfigError


@pytest.mark.parametrize(
    ("text", "onednn", "numba"),
    [
        ("", True, True),
        ("numpy", False, False),
        ("numba", False, True),
        ("onednn, numba", True, True),
        (",onednn,", True, False),
    ],
)
def test_the_environment_names_the_libraries(monkeypatch, text, onednn, numba):
    monkeypatch.setenv("CORTADO_KERNELS", text)
    assert choice.allowed("onednn") is onednn
    assert choice.allowed("numba") is numba


def test_all_are_allowed_where_nothing_is_said(monkeypatch):
    monkeypatch.delenv("CORTADO_KERNELS", raising=False)
    assert all(map(choice.allowed, choice.LIBRARIES))


def test_an_unknown_library_is_named(monkeypatch):
    monkeypatch.setenv("CORTADO_KERNELS", "numba,mkl")
    with pytest.raises(ConfigError, match="CORTADO_KERNELS: unknown library 'mkl'; a comma list"):
        choice.allowed("numba")


def test_a_test_may_say_otherwise(monkeypatch):
    monkeypatch.setenv("CORTADO_KERNELS", "numpy")
    with choice.only("numba"):
        assert choice.allowed("numba")
        with choice.only():
            assert not choice.allowed("numba")
        assert choice.allowed("numba")
    assert not choice.allowed("numba")
