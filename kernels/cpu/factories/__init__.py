"""Factories of CPU kernels, by what they do; kernels.cpu has them all."""
