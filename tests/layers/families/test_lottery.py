import numpy as np
import pytest

from cortado.layers.families.lottery import Lottery, draw


def test_the_hash_is_splitmix64():
    # The first numbers that its reference implementation gives from the seed 1234567.
    assert [draw(1234567, number) for number in (1, 2, 3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@pytest.mark.parametrize("probability", [0, 0.1, 0.5, 0.9])
def test_as_many_lose_as_should(probability):
    losers = Lottery((100, 1000), probability).losers(draw(3, 1))
    assert abs(losers.mean() - probability) < 0.005


def test_a_number_loses_by_its_key_and_place_alone():
    lottery = Lottery((40_000,), 0.5)
    losers = lottery.losers(draw(3, 1)).copy()
    again = Lottery((2, 15_000), 0.5).losers(draw(3, 1))
    np.testing.assert_array_equal(again.ravel(), losers[:30_000])
    other = lottery.losers(draw(3, 2))
    assert abs((losers == other).mean() - 0.5) < 0.02
    # Nor do neighbours know of each other.
    assert abs((losers[1:] == losers[:-1]).mean() - 0.5) < 0.02
