import pytest

from cortado.proto import ConfigError
from cortado.tools.flags import FlagParser


@pytest.fixture
def parser():
    parser = FlagParser("caffe convert", "Convert.")
    parser.add_argument("source")
    parser.add_argument("target", nargs="?")
    parser.add_flag("solver", "", "a file")
    parser.add_flag("iterations", 50, "how many")
    parser.add_flag("scale", 1.0, "a factor")
    parser.add_flag("least", None, "a level", int)
    parser.add_flag("resize_width", 0, "pixels")
    parser.add_flag("gray", False, "one channel")
    parser.add_flag("backend", "lmdb", "a database", choices=("lmdb", "leveldb"))
    return parser


@pytest.mark.parametrize(
    "words", [["-solver", "a b"], ["-solver=a b"], ["--solver", "a b"], ["--solver=a b"]]
)
def test_a_flag_is_spelled_in_four_ways(parser, words):
    assert parser.parse([*words, "src"]).solver == "a b"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("-gray", True),
        ("--gray", True),
        ("--gray=true", True),
        ("-gray=1", True),
        ("-gray=F", False),
        ("--gray=no", False),
        ("-nogray", False),
        ("--nogray", False),
    ],
)
def test_booleans(parser, word, value):
    assert parser.parse(["-gray", word, "src"]).gray is value


def test_a_boolean_takes_no_word_of_its_own(parser):
    flags = parser.parse(["-gray", "false"])
    assert (flags.gray, flags.source) == (True, "false")


def test_defaults(parser):
    flags = parser.parse(["src"])
    assert (flags.target, flags.solver, flags.iterations, flags.scale) == (None, "", 50, 1.0)
    assert (flags.least, flags.gray, flags.backend) == (None, False, "lmdb")


@pytest.mark.parametrize(
    "words",
    [
        ["src", "to", "-solver", "x", "-gray"],
        ["-solver", "x", "src", "-gray", "to"],
        ["-gray", "-solver=x", "--", "src", "to"],
        ["src", "-solver=y", "-gray", "-solver", "x", "to"],
    ],
)
def test_positional_arguments_stand_anywhere(parser, words):
    flags = parser.parse(words)
    assert (flags.source, flags.target, flags.solver, flags.gray) == ("src", "to", "x", True)


def test_values_may_start_with_anything(parser):
    flags = parser.parse(["-solver", "-x=1", "--iterations", "-3", "--", "-src", "--gray"])
    assert (flags.solver, flags.iterations) == ("-x=1", -3)
    assert (flags.source, flags.target, flags.gray) == ("-src", "--gray", False)


def test_a_dash_alone_is_no_flag(parser):
    assert parser.parse(["-"]).source == "-"


def test_dashes_within_a_name_are_underscores(parser):
    assert parser.parse(["--resize-width=3", "src"]).resize_width == 3


def test_flagfile(parser, tmp_path):
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.write_text("# the file\n-solver=from file\n\n  --nogray\n")
    outer.write_text(f"-flagfile={inner}\n-iterations=7\n")
    flags = parser.parse(["-gray", "-flagfile", str(outer), "-iterations", "8", "src"])
    assert (flags.solver, flags.gray, flags.iterations) == ("from file", False, 8)


def test_a_flagfile_that_reads_itself(parser, tmp_path):
    file = tmp_path / "round"
    file.write_text(f"-flagfile={file}")
    with pytest.raises(ConfigError, match="-flagfile: '.*round' reads itself"):
        parser.parse([f"-flagfile={file}"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["-slover", "x"],
            "unknown flag -slover; did you mean -solver[?] [(]`caffe convert -help`",
        ),
        (["--zzz"], "unknown flag -zzz [(]"),
        (["-nogray=1"], "unknown flag -nogray"),
        (["-nosolver"], "unknown flag -nosolver"),
        (["src", "-solver"], "flag -solver needs a value"),
        (["-gray=maybe"], "flag -gray: 'maybe' is neither true nor false"),
        (["src", "-iterations", "1.5"], "--iterations: '1.5' is not a whole number"),
        (["src", "-scale", "x"], "--scale: 'x' is not a number"),
        (["src", "-backend", "x"], "--backend: invalid choice: 'x' .*'?lmdb'?, '?leveldb'?"),
        ([], "required: source"),
        (["a", "b", "c"], "unrecognized arguments: c"),
        (["-flagfile", "/nowhere/f"], "-flagfile: cannot read '/nowhere/f'"),
    ],
)
def test_mistakes(parser, words, message):
    with pytest.raises(ConfigError, match=message):
        parser.parse(words)


def test_help_shows_flags_and_defaults(parser, capsys):
    with pytest.raises(SystemExit):
        parser.parse(["-help"])
    text = capsys.readouterr().out
    assert "--iterations ITERATIONS" in text
    assert "how many (default 50)" in text
    assert "nogray" not in text
