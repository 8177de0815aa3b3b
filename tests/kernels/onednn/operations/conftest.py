import pytest

from cortado.kernels.onednn import set_thread_count, thread_count


@pytest.fixture(autouse=True)
def one_thread(needs_onednn):
    """These test arithmetic on small arrays, where waking threads takes most of the time."""
    before = thread_count()
    set_thread_count(1)
    yield
    set_thread_count(before)
