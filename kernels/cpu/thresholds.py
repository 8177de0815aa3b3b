"""From how many numbers on a kernel is faster than array code, or a compiler worth loading."""

FEW_NUMBERS = 1 << 16  # not worth loading a compiler for
SHORT_ROW = 16
FEW_LABELS = 1 << 12
FEW_BOXES = 1 << 9
