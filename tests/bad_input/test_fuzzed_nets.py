"""Prototxts with random slips in them: they make a net or a ConfigError, and nothing else."""

import random
import re
from pathlib import Path

import pytest

from cortado.nets import Net
from cortado.proto import ConfigError, parse_net
from cortado.proto.caffe_pb2 import TEST

MODELS = Path(__file__).parents[2] / "models"
TOKEN = re.compile(r'"[^"]*"|\w+|[-.\d]+|[{}:]')
ODD_VALUES = ["-1", "0", "1", "2", "100", "4294967295", "1e9", "nan", "true", '""', '"data"', "}"]
ROUNDS = 150


def beginning(text, chance):
    """The first layers of a net: enough to go wrong, and quickly built."""
    layers = text.split("\nlayer")
    return "\nlayer".join(layers[: chance.randrange(2, 15)])


def slip_in_a_line(text, chance):
    lines = text.split("\n")
    i, j = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.choice(["lose", "repeat", "swap", "stop"])
    if kind == "lose":
        del lines[i]
    elif kind == "repeat":
        lines.insert(j, lines[i])
    elif kind == "swap":
        lines[i], lines[j] = lines[j], lines[i]
    else:
        del lines[i:]
    return "\n".join(lines)


def slip_in_a_token(text, chance):
    tokens = list(TOKEN.finditer(text))
    if not tokens:
        return text
    token, other = chance.choice(tokens), chance.choice(tokens)
    new = chance.choice(["", f"{token[0]} {token[0]}", other[0], chance.choice(ODD_VALUES)])
    return text[: token.start()] + new + text[token.end() :]


@pytest.mark.parametrize(
    "model", ["lenet", "cifar10_quick", "squeezenet_v1.1", "googlenet", "resnet50"]
)
def test_a_slip_makes_a_net_or_an_error_that_explains(model):
    whole = (MODELS / model / "deploy.prototxt").read_text()
    chance = random.Random(model)
    refused = 0
    for _ in range(ROUNDS):
        text = beginning(whole, chance)
        for _ in range(chance.randrange(1, 3)):
            text = chance.choice([slip_in_a_line, slip_in_a_token, slip_in_a_token])(text, chance)
        try:
            Net(parse_net(text), TEST, seed=1)
        except ConfigError:
            refused += 1
    assert 0 < refused < ROUNDS
