import pytest


@pytest.fixture(autouse=True)
def random_seed():
    """Seeds set in a test do not outlive it."""
    from caffe import mode

    yield
    mode._seed = None
