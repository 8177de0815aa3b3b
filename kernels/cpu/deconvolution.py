"""Deconvolution: the gradient of a convolution, used forward."""


class Deconvolution:
    """y = the data gradient of the convolution that turns y's shape into x's, plus bias."""

    def __init__(self, convolution):
        self._convolution = convolution

    def forward(self, x, filters, bias, y) -> None:
        self._convolution.backward_data(x, filters, y)
        if bias is not None:
            y += bias.reshape(-1, *(1,) * (y.ndim - 2))

    def backward_data(self, dy, filters, dx) -> None:
        self._convolution.forward(dy, filters, None, dx)

    def backward_filters(self, x, dy, dfilters) -> None:
        self._convolution.backward_filters(dy, x, dfilters)

    def backward_bias(self, dy, dbias) -> None:
        self._convolution.backward_bias(dy, dbias)
