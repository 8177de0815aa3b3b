from cortado.core import Window


def test_output_size_rounds_down():
    window = Window((3, 2), (2, 2), (1, 0), (1, 1))
    assert window.output_size((6, 7)) == (3, 3)


def test_dilation_stretches_the_extent():
    window = Window((3,), (1,), (0,), (4,))
    assert window.extent == (9,)
    assert window.output_size((10,)) == (2,)


def test_pointwise_reads_one_position():
    assert Window((1, 1, 1), (1, 1, 1), (0, 0, 0), (2, 2, 2)).is_pointwise
    assert not Window((1, 1), (1, 2), (0, 0), (1, 1)).is_pointwise
    assert not Window((1, 1), (1, 1), (0, 1), (1, 1)).is_pointwise


def test_pooled_size_rounds_up_but_starts_no_window_beyond_the_input():
    window = Window((3, 2), (2, 2), (0, 1), (1, 1))
    assert window.pooled_size((6, 5), round_up=True) == (3, 3)
    assert window.pooled_size((6, 5), round_up=False) == (2, 3)
    assert Window((1,), (2,), (0,), (1,)).pooled_size((6,), round_up=True) == (3,)


def test_transposed_size_is_the_smallest_input_of_an_output():
    window = Window((3, 4), (2, 3), (1, 0), (1, 2))
    size = window.transposed_size((4, 5))
    assert size == (7, 19)
    assert window.output_size(size) == (4, 5)
    assert window.output_size((6, 18)) == (3, 4)
