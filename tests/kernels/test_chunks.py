import pytest

from cortado.kernels.cpu.chunks import chunks, longest


@pytest.mark.parametrize(
    ("count", "item_bytes", "sizes"),
    [(10, 10, [10]), (10, 30, [3, 3, 4]), (7, 1000, [1] * 7), (0, 10, []), (3, 0, [3])],
)
def test_slices_are_even_and_keep_to_the_budget(count, item_bytes, sizes):
    slices = chunks(count, item_bytes, budget=120)
    assert [s.stop - s.start for s in slices] == sizes
    assert [i for s in slices for i in range(count)[s]] == list(range(count))
    assert longest(slices) == max(sizes, default=0)
