"""The prototxts and READMEs of the model zoo agree with each other and with the papers."""

import re
from pathlib import Path

import pytest

from cortado.proto import read_net, read_solver
from cortado.proto.caffe_pb2 import TEST, TRAIN

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
NAMES = sorted(path.parent.name for path in MODELS.glob("*/deploy.prototxt"))
SOLVERS = sorted(MODELS.glob("*/*solver*.prototxt"))
READMES = sorted(MODELS.glob("**/README.md"))

# Learned weights and biases, as the papers and the published weight files have them.
LEARNED = {
    "digits": 13_706,
    "lenet": 431_080,
    "cifar10_quick": 145_578,
    "alexnet": 60_965_224,
    "caffenet": 60_965_224,
    "vgg16": 138_357_544,
    "googlenet": 6_998_552,
    "resnet50": 25_557_096,  # 64 of them the bias of conv1, which only Caffe's net has
    "squeezenet_v1.0": 1_248_424,
    "squeezenet_v1.1": 1_235_496,
    "mobilenet": 4_231_976,
}

# One pass over ImageNet's validation set, MNIST's or CIFAR-10's test set, the held-out digits.
TEST_SET = {"digits": 360, "lenet": 10_000, "cifar10_quick": 10_000}


def short(path):
    return str(path.relative_to(MODELS))


def data_layer(solver, phase):
    net = read_net(ROOT / solver.net)
    (layer,) = (
        layer
        for layer in net.layer
        if layer.type == "Data" and [rule.phase for rule in layer.include] == [phase]
    )
    return layer


def readme_table():
    """Model name -> cells of its row in models/README.md."""
    rows = re.findall(r"^\| \[(.+?)\]\(\1\) \|(.+)\|$", (MODELS / "README.md").read_text(), re.M)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_every_model_is_counted():
    assert sorted(LEARNED) == NAMES


@pytest.mark.parametrize("model", NAMES)
def test_learned_parameters_are_those_of_the_paper(model, walk_deploy):
    assert walk_deploy(model).learned == LEARNED[model]


def test_auxiliary_classifiers_double_googlenet(walk_training):
    assert walk_training("googlenet").learned == 13_378_280


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("phase", [TRAIN, TEST], ids=["TRAIN", "TEST"])
def test_deploy_takes_the_weights_of_training(model, phase, walk_deploy, walk_training):
    deploy, training = walk_deploy(model).weights, walk_training(model, phase).weights
    only_in_training = training.keys() - deploy.keys()
    assert {name: training.get(name) for name in deploy} == deploy
    assert all(name.startswith(("loss1/", "loss2/")) for name in only_in_training)


@pytest.mark.parametrize("model", NAMES)
def test_blobs_have_the_same_shapes_in_deploy_and_training(model, walk_deploy, walk_training):
    deploy, training = walk_deploy(model).blobs, walk_training(model, TEST).blobs
    del deploy["prob"]
    assert {name: training.get(name) for name in deploy} == deploy


@pytest.mark.parametrize("model", NAMES)
def test_layer_names_are_unique(model, walk_deploy, walk_training):
    for walk in (walk_deploy(model), walk_training(model), walk_training(model, TEST)):
        assert len(set(walk.layers)) == len(walk.layers)


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_solver_trains_a_net_of_its_folder(path):
    solver = read_solver(path)
    assert (ROOT / solver.net).parent == path.parent
    assert Path(solver.snapshot_prefix).parent in (Path("demo"), path.parent.relative_to(ROOT))


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_a_test_pass_sees_every_picture_once(path):
    solver = read_solver(path)
    batch = data_layer(solver, TEST).data_param.batch_size
    assert solver.test_iter[0] * batch == TEST_SET.get(path.parent.name, 50_000)


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_both_phases_transform_pictures_alike(path):
    solver = read_solver(path)
    train, test = (data_layer(solver, phase).transform_param for phase in (TRAIN, TEST))
    train.ClearField("mirror")
    assert train == test


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_databases_lie_side_by_side(path):
    solver = read_solver(path)
    train, test = (Path(data_layer(solver, phase).data_param.source) for phase in (TRAIN, TEST))
    assert train.parent == test.parent
    assert train.name.endswith("train_lmdb")
    assert train != test


@pytest.mark.parametrize("model", NAMES)
def test_table_tells_the_size_of_the_net(model, walk_deploy):
    walk = walk_deploy(model)
    parameters, multiply_adds, shape = readme_table()[model][:3]
    assert parameters == f"{walk.learned / 1e6:.2f}"
    assert multiply_adds == f"{walk.multiply_adds / 1e6:.1f}"
    assert shape == " x ".join(map(str, walk.blobs["data"]))


@pytest.mark.parametrize("path", READMES, ids=short)
def test_readme_names_files_that_exist(path):
    named = set(re.findall(r"models/[\w./-]+(?:\.prototxt|\.gz)", path.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", SOLVERS, ids=short)
def test_readme_makes_the_databases_that_training_reads(path):
    readme = (path.parent / "README.md").read_text()
    solver = read_solver(path)
    made = set(re.findall(r" (\S+_lmdb)\n", readme))
    for folder in re.findall(r"caffe convert_cifar10 \S+ (\S+) lmdb\n", readme):
        made |= {f"{folder}/cifar10_train_lmdb", f"{folder}/cifar10_test_lmdb"}
    for phase in (TRAIN, TEST):
        layer = data_layer(solver, phase)
        assert layer.data_param.source in made
        if layer.transform_param.mean_file:
            assert f" {layer.transform_param.mean_file}\n" in readme


def test_fine_tuning_renames_only_the_last_layer(walk_training):
    base = walk_training("digits").weights
    solver = read_solver(MODELS / "digits/finetune_solver.prototxt")
    net = read_net(ROOT / solver.net)
    learning = [layer.name for layer in net.layer if layer.param]
    assert learning == [*list(base)[:-1], "parity"]
