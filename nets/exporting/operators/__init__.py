"""Functions that write layers as ONNX nodes; files group types that are written alike."""
