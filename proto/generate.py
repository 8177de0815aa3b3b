"""Generate caffe_pb2.py and caffe_pb2.pyi from caffe.proto: python -m cortado.proto.generate

Needs grpcio-tools. Generated code runs with the protobuf release it was made for and later
ones, so generate with an old grpcio-tools (1.76 makes code for protobuf 6.31.1) to keep the
lower bound in pyproject.toml.
"""

import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

# Decides the name in protobuf's process-wide pool, where no other caffe.proto may have it.
_NAME = "cortado/proto/caffe.proto"


def generate(target: Path) -> None:
    """Write caffe_pb2.py and caffe_pb2.pyi into the folder target; raise if protoc fails."""
    from grpc_tools import protoc

    with tempfile.TemporaryDirectory() as root:
        source = Path(root, _NAME)
        source.parent.mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("caffe.proto"), source)
        includes = resources.files("grpc_tools") / "_proto"
        arguments = [f"-I{root}", f"-I{includes}", f"--python_out={root}", f"--pyi_out={root}"]
        if protoc.main(["protoc", *arguments, _NAME]) != 0:
            raise RuntimeError(f"protoc could not compile {source.name}")
        for name in ("caffe_pb2.py", "caffe_pb2.pyi"):
            shutil.copy(source.with_name(name), target)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
