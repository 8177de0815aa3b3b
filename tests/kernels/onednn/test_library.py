import subprocess
import sys

import pytest

from cortado.kernels import onednn
from cortado.kernels.onednn import PlanningError, library
from cortado.kernels.onednn.enumerators import Status
from cortado.kernels.onednn.errors import OneDNNError


def test_importing_loads_nothing():
    script = "import cortado.kernels.onednn; print(open('/proc/self/maps').read().count('dnnl'))"
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "0", done.stderr


def test_DNNL_LIB_names_a_file_that_is_not_there(monkeypatch):
    monkeypatch.setenv("DNNL_LIB", "/nowhere/libdnnl.so")
    with pytest.raises(PlanningError, match=r"no file /nowhere/libdnnl\.so, named by DNNL_LIB"):
        library.library.__wrapped__()


def test_DNNL_LIB_names_a_file_that_is_no_library(monkeypatch, tmp_path):
    file = tmp_path / "libdnnl.so"
    file.write_text("text")
    monkeypatch.setenv("DNNL_LIB", str(file))
    with pytest.raises(PlanningError, match="cannot be loaded"):
        library.library.__wrapped__()


@pytest.mark.skipif(sys.platform != "linux", reason="names a library of Linux")
def test_another_library_is_refused():
    with pytest.raises(PlanningError, match="is not version 3"):
        library.Library("libc.so.6")


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64")])
def test_other_machines_are_told_what_there_is(monkeypatch, system, machine):
    monkeypatch.delenv("DNNL_LIB", raising=False)
    monkeypatch.setattr(library.sys, "platform", system)
    monkeypatch.setattr(library.platform, "machine", lambda: machine)
    with pytest.raises(PlanningError, match=f"for Linux on x86-64, this is {system} on {machine}"):
        library.library.__wrapped__()


def test_a_wheel_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.delenv("DNNL_LIB", raising=False)
    monkeypatch.setattr(library.sys, "platform", "linux")
    monkeypatch.setattr(library.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(library, "WHEEL", "no-such-wheel")
    with pytest.raises(PlanningError, match="no-such-wheel is not installed"):
        library.library.__wrapped__()


def test_without_the_library_kernels_decline_with_the_reason(monkeypatch):
    def missing():
        raise PlanningError("oneDNN: is not here")

    monkeypatch.setattr(library, "library", missing)
    assert onednn.why_missing() == "oneDNN: is not here"


@pytest.mark.usefixtures("needs_onednn")
def test_a_refused_call_is_named():
    assert library.library().version.startswith("3.")
    with pytest.raises(OneDNNError, match="dnnl_memory_desc_query: invalid arguments"):
        library.library().call("memory_desc_query", None, Status.SUCCESS, None)
