"""The Python that has the peers: named by the user, or a virtual environment made here.

CORTADO_PEERS names an interpreter with torch, onnxruntime and onnx; CORTADO_OPENCV one with OpenCV
4, if the first has another. Without them, .peers/ beside this folder is made and filled by pip.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

# The build of torch for CPUs, a tenth of the size of that with CUDA, has an index of its own.
TORCH_INDEX = ("--retries", "0", "--extra-index-url", "https://download.pytorch.org/whl/cpu")
PACKAGES = [
    (*TORCH_INDEX, "torch==2.13.0"),
    ("onnxruntime==1.32.0", "onnx==1.23.2", "opencv-python-headless<5", "numpy"),
]
FOLDER = Path(__file__).parent.parent / ".peers"


def peers_python() -> str:
    """The interpreter that has torch, ONNX Runtime and onnx."""
    return os.environ.get("CORTADO_PEERS") or _make()


def opencv_python() -> str:
    """The interpreter that has OpenCV 4."""
    return os.environ.get("CORTADO_OPENCV") or peers_python()


def _make() -> str:
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "complete").exists():
        print(f"installing the peers into {FOLDER}", file=sys.stderr)
        venv.create(FOLDER, with_pip=True, clear=True)
        for packages in PACKAGES:
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (FOLDER / "complete").touch()
    return str(python)
