# make venv        the virtual environment that the rest runs in
# make test        what every change has to pass: lint, types, tests
# make test-real   the slow tests, on real data beside the repository
# make test-gpu    the tests of GPU kernels, on the first GPU of this machine
# make demo        train and test a net on the digits in models/digits, in seconds
# make clean       remove what the others made

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
DIGITS := models/digits

.PHONY: venv test test-real test-gpu demo clean

venv: $(INSTALLED)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

test: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/pytest -q -n 2 --dist loadfile

test-real: venv
	$(BIN)/pytest -q -m slow

test-gpu: export CORTADO_TEST_GPU = 1
test-gpu: venv
	$(BIN)/pip install --quiet --editable '.[gpu]'
	$(BIN)/pytest -q tests/kernels/gpu tests/kernels/cudnn tests/nets/test_gpu*.py tests/nets/passes/test_normalization_on_gpu.py tests/nets/test_goldens.py tests/solvers/test_gpu.py tests/solvers/test_goldens.py tests/pycaffe/test_gpu.py tests/tools/test_gpu.py tests/dnn/test_target.py tests/data/test_uploaded_batches.py tests/benchmarks/test_gpu_worker.py
	$(BIN)/pytest -q -m gpu

# On so small a net, threads do little but wait for each other: for minutes where cores are busy.
demo: export OMP_NUM_THREADS = 1
demo: venv
	rm -rf demo
	mkdir demo
	$(BIN)/caffe convert_mnist $(DIGITS)/train-images-idx3-ubyte.gz $(DIGITS)/train-labels-idx1-ubyte.gz demo/digits_train_lmdb
	$(BIN)/caffe convert_mnist $(DIGITS)/test-images-idx3-ubyte.gz $(DIGITS)/test-labels-idx1-ubyte.gz demo/digits_test_lmdb
	$(BIN)/caffe train -solver $(DIGITS)/solver.prototxt
	$(BIN)/caffe test -model $(DIGITS)/train_test.prototxt -weights demo/digits_iter_1000.caffemodel -iterations 10

clean:
	rm -rf .venv build dist demo *.egg-info .pytest_cache .ruff_cache .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
