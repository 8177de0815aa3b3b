import sys

from cortado.kernels import cudnn
from cortado.kernels.cudnn.library import frontend


def test_without_the_package_the_reason_says_what_to_install(monkeypatch):
    frontend.cache_clear()
    monkeypatch.setitem(sys.modules, "cudnn", None)
    reason = cudnn.why_missing()
    assert reason.startswith("cuDNN: the package nvidia-cudnn-frontend cannot be imported")
    assert reason.endswith("pip install 'cortado[gpu]'")


def test_nothing_is_missing_where_both_are_new_enough(fake):
    assert cudnn.why_missing() is None
    assert cudnn.version() == "9.28.1"


def test_an_old_frontend_is_named(fake):
    fake.__version__ = "1.17.0"
    assert "nvidia-cudnn-frontend is 1.17.0, older than 1.18" in cudnn.why_missing()


def test_an_old_library_is_named(fake):
    fake.backend_version = lambda: 90100
    assert "libcudnn is 9.1.0, older than 9.8.0" in cudnn.why_missing()


def test_an_absent_library_is_named(fake):
    def missing():
        raise RuntimeError("Unable to find symbol cudnnGetVersion")

    fake.backend_version = missing
    reason = cudnn.why_missing()
    assert "the library libcudnn cannot be loaded (Unable to find symbol" in reason
    assert "pip install 'cortado[gpu]'" in reason
