"""The nets that the benchmarks run: which, with what inputs and weights, and told to peers."""
