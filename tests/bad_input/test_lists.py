"""Lists of images and of HDF5 files, and what they name."""

import re

import cv2
import h5py
import numpy as np
import pytest

LMDB_DATA = 'type: "Data" top: "data" top: "label" transform_param { scale: 0.01 }'
LMDB_SOURCE = 'data_param { source: "db" batch_size: 4 backend: LMDB }'


@pytest.fixture
def from_list(refused, place):
    """from_list(kind, lines) -> the error of training from a list with these lines."""

    def run(kind, lines):
        (place / "list.txt").write_text(lines)
        field = {"ImageData": "image_data_param", "HDF5Data": "hdf5_data_param"}[kind]
        return refused(
            net={
                LMDB_DATA: f'type: "{kind}" top: "data" top: "label"',
                LMDB_SOURCE: f'{field} {{ source: "list.txt" batch_size: 2 }}',
            }
        )

    return run


@pytest.fixture
def images(place):
    """good.png, and bad.png, which only says that it is one."""
    cv2.imwrite(str(place / "good.png"), np.zeros((8, 8, 3), np.uint8))
    (place / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n and so on")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "image_data_param.source: list.txt: the list is empty; expected lines of a path"),
        ("good.png 0\ngood.png\n", r"list.txt:2: expected a path, .* found 'good.png'"),
        ("good.png 0\ngood.png cat\n", "list.txt:2: expected a path, a space and an integer"),
        ("good.png 0\nnone.png 1\n", "no such file: none.png"),
        ("good.png 0\nbad.png 1\n", "bad.png: its 18 bytes are no image that OpenCV can decode"),
        ("good.png 0\ngood.png 5\n", r"label 5 of item 1 .* \(item 1 is image good.png\)"),
    ],
)
def test_a_bad_image_list(from_list, images, lines, message):
    assert re.search(message, from_list("ImageData", lines))


@pytest.fixture
def hdf5_files(place):
    """good.h5; cut.h5, a part of it; lone.h5, without labels."""
    for name, rows in (("good", {"data": (6, 5), "label": (6,)}), ("lone", {"data": (6, 5)})):
        with h5py.File(place / f"{name}.h5", "w") as file:
            for key, shape in rows.items():
                file[key] = np.full(shape, 7, np.float32)
    data = (place / "good.h5").read_bytes()
    (place / "cut.h5").write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "list.txt: the list is empty; expected a path of an HDF5 file per line"),
        ("good.h5\nnone.h5\n", "none.h5: no such file, or no HDF5 file"),
        ("net.prototxt\n", "net.prototxt: no such file, or no HDF5 file"),
        ("good.h5\ncut.h5\n", "cut.h5: damaged HDF5 file: .*truncated file"),
        ("lone.h5\n", "lone.h5: has no dataset 'label'; .* the file has 'data'"),
        ("good.h5\n", r"label 7 of item 0 .* \(item 0 is row 0 of good.h5\)"),
    ],
)
def test_a_bad_hdf5_list(from_list, hdf5_files, lines, message):
    assert re.search(message, from_list("HDF5Data", lines))
