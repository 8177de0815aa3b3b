import numpy as np
import pytest
from gpu_parity import check_parity, gpu_layer

from cortado.proto import ConfigError

EMBED = 'type: "Embed" embed_param { input_dim: 7 num_output: %d %s }'


def numbers(*shape, below, seed=1):
    return np.random.default_rng(seed).integers(0, below, shape)


@pytest.mark.parametrize("option", ["", "bias_term: false"])
@pytest.mark.parametrize("shape", [(5,), (3, 20), (2, 3, 4), (0,)])
def test_embed(gpu, shape, option):
    check_parity(gpu, EMBED % (3, option), numbers(*shape, below=7))


def test_long_vectors_of_many_symbols(gpu):
    check_parity(gpu, EMBED % (300, ""), numbers(70, below=7))


def test_an_embedding_is_the_same_each_time(gpu):
    for columns in (1, 33):
        check_parity(gpu, EMBED % (columns, ""), np.full((100,), 3))


@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (6, 300), (5,)])
def test_batch_reindex(gpu, shape):
    prototxt = 'type: "BatchReindex"'
    check_parity(gpu, prototxt, shape, numbers(7, below=shape[0]))
    check_parity(gpu, prototxt, shape, np.zeros(0))


@pytest.mark.parametrize("wrong", [7, -1, np.nan, 1e30])
def test_a_symbol_that_is_none(gpu, wrong):
    x = np.ones((2, 3))
    x[1, 2:] = wrong
    tried = gpu_layer(gpu, EMBED % (3, ""), x)
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    with pytest.raises(ConfigError, match=r"index .* at \[1, 2\] of bottom\[0\] is not in \[0, 7"):
        tried.kernel._context.faults.check()


def test_a_symbol_that_is_none_and_is_told_later(gpu):
    tried = gpu_layer(gpu, EMBED % (3, ""), np.full((2, 3), 9))
    gpu.residence.begin()
    for call in tried.kernel.bind_forward(tried.bottom, tried.top):
        call()
    gpu.residence.end()
    tried.bottom[0].data[...] = 0
    with pytest.raises(ConfigError, match=r"in bottom\[0\] of a batch since .* not in \[0, 7\)"):
        tried.kernel._context.faults.check()


def test_a_kernel_that_is_made_again_keeps_its_flag(gpu):
    tried = gpu_layer(gpu, EMBED % (3, ""), np.zeros(3))
    context = tried.kernel._context
    for _ in range(2):
        kernel = tried.layer.gpu_kernel(context, tried.bottom, tried.top)
        kernel.bind_forward(tried.bottom, tried.top)
    assert len(context.faults._explain) == 1
