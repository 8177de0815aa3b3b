"""Contests: who takes part, whether all compute the same, taking turns, and tables of times."""
