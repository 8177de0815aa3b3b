import pytest
from gpu_parity import open_test_gpu, why_no_gpu


@pytest.fixture(scope="session")
def gpu():
    """A GPU, emulated unless CORTADO_TEST_GPU asks for a real one."""
    if why_no_gpu():
        pytest.skip(why_no_gpu())
    return open_test_gpu()
