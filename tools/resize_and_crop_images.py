"""Make images square: resize_and_crop_images -input LIST -input_folder A -output_folder B.

Each image named in LIST, relative to A, is resized until its shorter side has
-output_side_length pixels; the middle of it goes to B under the same name. Images that cannot be
read are named, and the others done.
"""

import sys
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2

from ..core import log
from ..data.image import read_image
from ..data.rgb_image import center_crop
from ..proto import ConfigError, write_file
from ..proto.input_file import read_file
from .flags import FlagParser


def add_flags(parser: FlagParser) -> None:
    """Declare what the command takes."""
    parser.add_flag("input", "", "the list: a file name a line")
    parser.add_flag("input_folder", "", "where the images are")
    parser.add_flag("output_folder", "", "where they go")
    parser.add_flag("output_side_length", 256, "pixels of each side")
    parser.add_flag("num_clients", 4, "how many images are worked on at once")
    parser.add_flag("image_lib", "opencv", "accepted; OpenCV does it", choices=("opencv", "PIL"))


def main() -> int:
    """Run under the name that the tool has in Caffe."""
    from .cli import run as run_command

    return run_command("resize_and_crop_images", sys.argv[1:], "resize_and_crop_images")


def run(flags: Namespace) -> int:
    """Write every image that can be read; 1 if there were others."""
    for flag in ("input", "output_folder"):
        if not getattr(flags, flag):
            raise ConfigError(f"-{flag}: is needed")
    for flag in ("output_side_length", "num_clients"):
        if getattr(flags, flag) < 1:
            raise ConfigError(f"-{flag}: must be at least 1, got {getattr(flags, flag)}")
    lines = read_file(flags.input).decode("utf-8", "surrogateescape").splitlines()
    names = [line.strip() for line in lines if line.strip()]

    def work(name: str) -> str | None:
        try:
            _convert(Path(flags.input_folder, name), Path(flags.output_folder, name), flags)
        except ConfigError as problem:
            return str(problem)
        return None

    with ThreadPoolExecutor(flags.num_clients) as threads:
        problems = [problem for problem in threads.map(work, names) if problem]
    for problem in problems:
        log.error("resize_and_crop_images.py:1", problem)
    log.info(
        "resize_and_crop_images.py:1",
        f"Wrote {len(names) - len(problems)} of {len(names)} images to {flags.output_folder}",
    )
    return 1 if problems else 0


def _convert(source: Path, target: Path, flags: Namespace) -> None:
    image = read_image(source, color=True)
    height, width = image.shape[:2]
    side, shorter = flags.output_side_length, min(height, width)
    size = (side * width // shorter, side * height // shorter)
    image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        encoded = cv2.imencode(target.suffix, center_crop(image, (side, side)))[1]
    except cv2.error:
        raise ConfigError(f"{target}: OpenCV writes no images of that name") from None
    except OSError as problem:
        raise ConfigError(f"{target}: cannot be written: {problem.strerror}") from None
    write_file(target, [encoded.tobytes()])
