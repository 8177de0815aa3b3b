from cortado.core.rng import fresh_seed, stream


def test_a_stream_depends_on_its_name_alone():
    first = stream(1701, "conv1", 3).random(4)
    stream(1701, "conv2").random(100)
    assert (stream(1701, "conv1", 3).random(4) == first).all()


def test_streams_of_other_names_differ():
    draws = {stream(*name).integers(1 << 60) for name in [(1,), (2,), (1, "a"), (1, "b"), (1, 7)]}
    assert len(draws) == 5


def test_fresh_seeds_differ():
    assert len({fresh_seed() for _ in range(8)}) > 1
