"""The Python that has the peers: named by the user, or a virtual environment made here.

CORTADO_PEERS names an interpreter with torch, onnxruntime and onnx; CORTADO_OPENCV one with OpenCV
4, if the first has another. Without them, .peers/ beside this folder is made and filled by pip.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

PINNED = ("torch==2.13.0", "onnxruntime==1.32.0", "onnx", "opencv-python-headless<5", "numpy")
# The CPU build of torch is a tenth of the size of the one with CUDA.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
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
        install = [python, "-m", "pip", "install", "--quiet", "--extra-index-url", TORCH_INDEX]
        subprocess.run([*install, *PINNED], check=True)
        (FOLDER / "complete").touch()
    return str(python)
