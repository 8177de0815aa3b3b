import gzip
import io
import re
import tarfile
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cortado.tools import download
from cortado.tools.cli import main

CONTENT = bytes(range(256)) * 2000
ZIPPED = gzip.compress(CONTENT, mtime=0)
NAME = "train-images-idx3-ubyte.gz"
MNIST = Path(__file__).parents[2] / "../shared/data/mnist"


class Server:
    """A server of one file, and what may be wrong with it.

    file        what it serves
    status      what it answers, 200 unless it is broken
    breaks      after how many bytes each reply breaks off; None: never
    resumes     whether it understands Range
    requests    the Range of each request so far
    """

    def __init__(self):
        self.file = ZIPPED
        self.status = 200
        self.breaks: int | None = None
        self.resumes = True
        self.requests: list[str | None] = []

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.requests.append(asked)
        start = int(asked[len("bytes=") : -1]) if asked and self.resumes else 0
        status = self.status if request.path == f"/{NAME}" else 404
        if status == 200 and start:
            status = 206 if start < len(self.file) else 416
        body = self.file[start:] if status in (200, 206) else b""
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.breaks])


@pytest.fixture
def serve():
    """serve() -> a Server and its address."""
    running = []

    def start():
        server = Server()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *args):
                pass

        http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        running.append((http, thread))
        return server, f"http://127.0.0.1:{http.server_port}"

    yield start
    for http, thread in running:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def mirrors(serve, monkeypatch):
    """Two mirrors of a data set called mnist, of one small file."""
    (one, one_url), (two, two_url) = serve(), serve()
    files = {NAME: sha256(CONTENT).hexdigest()}
    small = download.Dataset((one_url, two_url + "/"), files, sums_are_of_contents=True)
    monkeypatch.setitem(download.DATASETS, "mnist", small)
    return one, two


@pytest.fixture
def fetch(tmp_path, capsys):
    """fetch(*flags) -> exit status, what was printed, the file's path."""

    def run(*flags):
        status = main(["download", "mnist", "-to", str(tmp_path / "mnist"), *flags])
        output = capsys.readouterr()
        return status, output.out + output.err, tmp_path / "mnist" / NAME

    return run


def leave_part(folder, data):
    """What an attempt that broke off would have left."""
    folder.mkdir()
    part = folder / f"{NAME}.part"
    part.write_bytes(data)
    return part


def assert_alone(path):
    assert path.read_bytes() == ZIPPED
    assert list(path.parent.iterdir()) == [path]


def test_the_first_mirror_is_enough(mirrors, fetch):
    one, two = mirrors
    status, text, path = fetch()
    assert (status, text) == (0, f"{path}: fetched\n")
    assert_alone(path)
    assert (one.requests, two.requests) == ([None], [])


def test_what_is_there_is_not_fetched_again(mirrors, fetch):
    one, _ = mirrors
    fetch()
    status, text, path = fetch()
    assert (status, text) == (0, f"{path}: already here\n")
    assert one.requests == [None]


def test_a_damaged_file_is_fetched_again(mirrors, fetch):
    _, _, path = fetch()
    path.write_bytes(b"damaged")
    status, text, _ = fetch()
    assert (status, text) == (0, f"{path}: fetched\n")
    assert_alone(path)


@pytest.mark.parametrize("file", [b"junk", ZIPPED[:-9], gzip.compress(b"other", mtime=0)])
def test_a_mirror_with_another_file_is_passed_over(mirrors, fetch, file):
    one, two = mirrors
    one.file = file
    status, _, path = fetch()
    assert status == 0
    assert_alone(path)
    assert two.requests == [None]


def test_a_mirror_that_fails_is_passed_over(mirrors, fetch):
    one, two = mirrors
    one.status = 503
    status, _, path = fetch()
    assert status == 0
    assert_alone(path)
    assert (one.requests, two.requests) == ([None], [None])


def test_all_mirrors_fail(mirrors, fetch):
    one, two = mirrors
    one.status = 404
    two.file = gzip.compress(b"other")
    status, text, path = fetch()
    assert status == 1
    assert text.startswith(f"caffe: error: cannot fetch {NAME} (http://127.0.0.1:")
    assert "HTTP Error 404: Not Found; " in text
    assert f"damaged: its SHA-256 is {sha256(b'other').hexdigest()}, not" in text
    assert list(path.parent.iterdir()) == []


def test_a_broken_transfer_goes_on_where_it_stopped(mirrors, fetch):
    one, two = mirrors
    one.breaks = 1000
    status, _, path = fetch()
    assert status == 0
    assert_alone(path)
    starts = range(1000, len(ZIPPED), 1000)
    assert one.requests == [None, *(f"bytes={start}-" for start in starts)]
    assert two.requests == []


def test_the_next_attempt_goes_on_where_the_last_one_stopped(mirrors, fetch, tmp_path):
    one, two = mirrors
    one.breaks, two.status = 0, 500
    part = leave_part(tmp_path / "mnist", ZIPPED[:700])
    assert fetch()[0] == 1
    assert part.read_bytes() == ZIPPED[:700]
    one.breaks = None
    status, _, path = fetch()
    assert status == 0
    assert one.requests == ["bytes=700-"] * 2
    assert_alone(path)


def test_another_mirror_goes_on(mirrors, fetch, tmp_path):
    one, two = mirrors
    one.status = 404
    leave_part(tmp_path / "mnist", ZIPPED[:700])
    status, _, path = fetch()
    assert status == 0
    assert two.requests == ["bytes=700-"]
    assert_alone(path)


def test_a_whole_but_unchecked_part_is_not_fetched_again(mirrors, fetch, tmp_path):
    one, _ = mirrors
    leave_part(tmp_path / "mnist", ZIPPED)
    status, _, path = fetch()
    assert status == 0
    assert one.requests == [f"bytes={len(ZIPPED)}-"]
    assert_alone(path)


@pytest.mark.parametrize("resumes", [True, False])
def test_a_part_that_does_not_fit_is_started_over(mirrors, fetch, tmp_path, resumes):
    one, two = mirrors
    one.resumes = resumes
    leave_part(tmp_path / "mnist", b"something else")
    status, _, path = fetch()
    assert status == 0
    assert_alone(path)
    assert one.requests == (["bytes=14-", None] if resumes else ["bytes=14-"])
    assert two.requests == []


def test_from_another_address(mirrors, serve, fetch):
    server, address = serve()
    status, _, path = fetch("--from", address)
    assert status == 0
    assert_alone(path)
    assert server.requests == [None]
    assert mirrors[0].requests == []


@pytest.mark.usefixtures("mirrors")
def test_from_a_folder(fetch, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / NAME).write_bytes(ZIPPED)
    status, text, path = fetch(f"--from={tmp_path}/disk")
    assert (status, text) == (0, f"{path}: copied\n")
    assert_alone(path)


@pytest.mark.usefixtures("mirrors")
def test_from_a_folder_without_the_file_or_with_a_damaged_one(fetch, tmp_path):
    status, text, path = fetch("--from", str(tmp_path))
    assert (status, text) == (1, f"caffe: error: no {NAME} in '{tmp_path}'\n")
    (tmp_path / NAME).write_bytes(ZIPPED[:99])
    status, text, path = fetch("--from", str(tmp_path))
    assert status == 1
    assert f"'{tmp_path}/{NAME}' is damaged: Compressed file ended" in text
    assert list(path.parent.iterdir()) == []


def test_an_archive_is_unpacked(monkeypatch, tmp_path, capsys):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/c.tar.gz").write_bytes(packed.getvalue())
    files = {"c.tar.gz": sha256(packed.getvalue()).hexdigest()}
    small = download.Dataset((), files, archive_folder="cifar-10-batches-bin")
    monkeypatch.setitem(download.DATASETS, "cifar10", small)
    monkeypatch.chdir(tmp_path)
    for last in ("unpacked", "already here"):
        assert main(["download", "cifar10", "-from", "disk"]) == 0
        folder = Path("data/cifar10/cifar-10-batches-bin")
        assert capsys.readouterr().out.splitlines()[-1] == f"{folder}: {last}"
        assert (folder / "test_batch.bin").read_bytes() == b"abc"
    assert {path.name for path in Path("data/cifar10").iterdir()} == {"c.tar.gz", folder.name}


def test_progress_is_shown_on_a_terminal(mirrors, fetch, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    status, text, _ = fetch()
    assert status == 0
    assert f"{NAME}: 100%" in text


def test_unknown_data_set(capsys):
    assert main(["download", "imagenet"]) == 1
    assert re.search("invalid choice: 'imagenet'", capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.is_dir(), reason="needs the real MNIST in ../shared/data")
def test_the_sums_are_those_of_mnist(tmp_path, capsys):
    assert main(["download", "mnist", "-to", str(tmp_path), "-from", str(MNIST)]) == 0
    assert capsys.readouterr().out.count(": copied") == 4
