"""Window: the sliding-window geometry that convolution and pooling share, in any dimension."""

from dataclasses import dataclass, replace

Sizes = tuple[int, ...]  # one number per spatial axis: (height, width) for images


@dataclass(frozen=True)
class Window:
    """A kernel sliding over the spatial axes; every field has one number per axis."""

    kernel: Sizes
    stride: Sizes
    pad: Sizes  # zeros added on each side
    dilation: Sizes  # distance between neighbouring taps; 1 means dense

    @property
    def axes(self) -> int:
        """How many axes it slides along: 1 over time, 2 over images, 3 over volumes."""
        return len(self.kernel)

    @property
    def extent(self) -> Sizes:
        """Positions from the first tap to the last, both included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def is_pointwise(self) -> bool:
        """Whether every output reads exactly the one input position above it."""
        return all(
            numbers == (value,) * self.axes
            for numbers, value in ((self.kernel, 1), (self.stride, 1), (self.pad, 0))
        )

    def output_size(self, size: Sizes) -> Sizes:
        """Positions that fit in a padded input, as convolution counts them: rounded down."""
        return tuple(
            (n + 2 * p - e) // s + 1
            for n, p, e, s in zip(size, self.pad, self.extent, self.stride, strict=True)
        )

    def pooled_size(self, size: Sizes, round_up: bool) -> Sizes:
        """Positions as pooling counts them: with round_up, the last may reach past the padding.

        None starts beyond the input and its near padding, where it would see nothing.
        """
        counts = []
        for n, k, s, p in zip(size, self.kernel, self.stride, self.pad, strict=True):
            span = n + 2 * p - k
            count = (-(-span // s) if round_up else span // s) + 1
            counts.append(count - 1 if (count - 1) * s >= n + p else count)
        return tuple(counts)

    def padded_to_same(self, size: Sizes) -> tuple["Window", Sizes]:
        """The window with the padding that gives a position for every `stride` places of a size.

        Half of what is needed, rounded down, stands before; the last position may reach past the
        same amount behind.
        """
        out = tuple(-(-n // s) for n, s in zip(size, self.stride, strict=True))
        pad = tuple(
            max((count - 1) * s + e - n, 0) // 2
            for count, n, e, s in zip(out, size, self.extent, self.stride, strict=True)
        )
        return replace(self, pad=pad), out

    def transposed_size(self, size: Sizes) -> Sizes:
        """The smallest input whose output_size is `size`: what a deconvolution puts out."""
        return tuple(
            s * (n - 1) + e - 2 * p
            for n, s, e, p in zip(size, self.stride, self.extent, self.pad, strict=True)
        )
