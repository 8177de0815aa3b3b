"""Nets and solvers from public repositories: all are read but those that Caffe itself refuses."""

import zipfile
from pathlib import Path

import pytest

from cortado.proto import ConfigError, format_text, parse_net, parse_solver

ARCHIVE = Path(__file__).parents[2] / "../shared/data/prototxts.zip"

# Templates with ${...}, a stray word, a value cut off: no text format.
MALFORMED = {
    "net/NBJ2017+AerialImageDatasetLayer/test.prototxt": ":370:17: num_output expects",
    "net/NBJ2017+AerialImageDatasetLayer/train.prototxt": ":508:17: num_output expects",
    "net/Rajiv2605+Tumor-Segmentation/rnet480.prototxt": ":4795:31: LayerParameter has no field",
    "net/YifeiAI+DeepLogCORAL/train.prototxt": ":496:3: loss_weight expects a number",
    "solver/YifeiAI+DeepLogCORAL/solver.prototxt": ":6:1: test_iter expects an integer",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "parse", "count"), [("net", parse_net, 577), ("solver", parse_solver, 242)]
)
def test_files_of_public_repositories_are_read_and_printed(folder, parse, count):
    if not ARCHIVE.exists():
        pytest.skip("needs ../shared/data/prototxts.zip")
    refused = {}
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        names = [name for name in names if name.startswith(f"{folder}/")]
        for name in names:
            try:
                message = parse(archive.read(name).decode("utf-8", "surrogateescape"), name)
            except ConfigError as problem:
                refused[name] = str(problem).removeprefix(name)
                continue
            assert parse(format_text(message)) == message
    assert len(names) == count
    wanted = {name: text for name, text in MALFORMED.items() if name.startswith(f"{folder}/")}
    assert refused.keys() == wanted.keys()
    for name, text in wanted.items():
        assert refused[name].startswith(text)
