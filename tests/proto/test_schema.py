"""The schema against tables of all fields of BVLC Caffe 1.0 and of SSD."""

import csv
import re
import struct
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from cortado.proto import caffe_pb2
from cortado.proto.generate import generate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# SSD gave these numbers, which BVLC later used for layer_wise_reduce and weights.
MOVED = {("SolverParameter", "eval_type"), ("SolverParameter", "ap_version")}


def rows(table):
    with (HERE / table).open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def table(name):
    return [pytest.param(row, id=f"{row['message']}.{row['field']}") for row in rows(name)]


def find(path):
    """The descriptor of a message or enum from its dotted name within the package."""
    pool = caffe_pb2.DESCRIPTOR.pool
    try:
        return pool.FindMessageTypeByName(f"caffe.{path}")
    except KeyError:
        return pool.FindEnumTypeByName(f"caffe.{path}")


def type_name(field):
    if field.message_type or field.enum_type:
        return (field.message_type or field.enum_type).full_name.removeprefix("caffe.")
    number = field.type
    return descriptor_pb2.FieldDescriptorProto.Type.Name(number).removeprefix("TYPE_").lower()


def label(field):
    if field.is_repeated:
        return "repeated"
    return "required" if field.is_required else "optional"


def check_default(field, text):
    default = field.default_value
    if field.enum_type:
        default = field.enum_type.values_by_number[default].name
    if type_name(field) == "float":
        assert struct.pack("f", default) == struct.pack("f", float(text))
    elif type_name(field) == "bool":
        assert default is (text == "true")
    else:
        assert str(default) == text


def check(row):
    holder = find(row["message"])
    if row["label"] == "enum":
        assert holder.values_by_name[row["field"]].number == int(row["number"])
        return
    field = holder.fields_by_name[row["field"]]
    if (row["message"], row["field"]) not in MOVED:
        assert field.number == int(row["number"])
    assert label(field) == row["label"]
    assert type_name(field) == row["type"]
    assert field.GetOptions().packed is (row["options"] == "packed")
    if row["options"].startswith("default="):
        check_default(field, row["options"].removeprefix("default="))
    else:
        assert not field.has_default_value


@pytest.mark.parametrize("row", table("caffe_fields.tsv"))
def test_bvlc_field(row):
    check(row)


@pytest.mark.parametrize("row", table("ssd_fields.tsv"))
def test_ssd_field(row):
    check(row)


def test_fields_of_forks_print_behind_those_of_bvlc_where_numbers_are_private():
    known = {(row["message"], row["field"]) for row in rows("caffe_fields.tsv")}
    solver = caffe_pb2.SolverParameter.DESCRIPTOR
    last = max(f.number for f in solver.fields if ("SolverParameter", f.name) in known)
    for name in ("eval_type", "stagelr", "larc", "warmup_iter"):
        assert solver.fields_by_name[name].number > last


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("BNParameter", "slope_filler bias_filler momentum eps frozen engine"),
        ("BNParameter", "scale_filler shift_filler bn_mode"),
        ("BNParameter", "scale_filler shift_filler var_eps moving_average decay axis"),
        ("UpsampleParameter", "scale scale_h scale_w pad_out_h pad_out_w upsample_h upsample_w"),
        ("NormalizeParameter", "across_spatial scale_filler channel_shared eps"),
        ("NormalizeParameter", "normalize_type fix_gradient bp_norm"),
        ("VideoDataParameter", "video_type device_id video_file skip_frames"),
        ("VideoDataParameter", "source batch_size new_length num_segments modality name_pattern"),
        ("LossParameter", "weight_by_label_freqs class_weighting pre_fixed_normalizer"),
        ("PoolingParameter", "ceil_mode avg_include_pad pad_type"),
        ("BatchNormParameter", "scale_filler bias_filler scale_bias engine filler"),
        ("DropoutParameter", "scale_train sample_weights_test"),
    ],
)
def test_dialects_share_one_message(message, fields):
    assert set(fields.split()) <= set(find(message).fields_by_name)


def test_the_name_in_the_pool_is_our_own():
    assert caffe_pb2.DESCRIPTOR.name == "cortado/proto/caffe.proto"


def test_generated_code_is_up_to_date(tmp_path):
    pytest.importorskip("grpc_tools", reason="generating needs grpcio-tools")
    generate(tmp_path)
    pattern = r"AddSerializedFile\((b'.*')\)"
    fresh = re.search(pattern, (tmp_path / "caffe_pb2.py").read_text())
    ours = re.search(pattern, (ROOT / "proto/caffe_pb2.py").read_text())
    assert fresh is not None
    assert ours is not None
    assert fresh[1] == ours[1], "run python -m cortado.proto.generate"


def test_pyproject_asks_for_a_protobuf_that_runs_the_generated_code():
    made_for = re.search(
        r"Protobuf Python Version: (.*)", (ROOT / "proto/caffe_pb2.py").read_text()
    )
    asked = re.search(r'"protobuf>=([\d.]+)', (ROOT / "pyproject.toml").read_text())
    assert made_for is not None
    assert asked is not None
    made, lowest = (tuple(map(int, found[1].split("."))) for found in (made_for, asked))
    assert made <= lowest
