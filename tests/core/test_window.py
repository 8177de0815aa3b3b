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
