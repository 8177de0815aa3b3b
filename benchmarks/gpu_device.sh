#!/bin/sh
# On a bare machine with a GPU: installs wheels, runs the tests of GPU kernels, then gpu.py.
#
#     sh benchmarks/gpu_device.sh RESULTS [option of gpu.py...]
#
# Run it from the repository's root. Needs Python 3.11 or later with torch, CuPy, cuDNN and pytest;
# what else is missing is installed from the folder WHEELS (.whl), nothing is fetched. All it finds
# goes to the folder RESULTS, which may be looked at before the end. Variables:
#
#     LIMIT    seconds for everything (560): gpu.py gets what the tests leave
#     TESTS    seconds for the tests (120); 0: none
#     WHEELS   a folder of wheels
#     PLANS    a folder of cuDNN's plans that were timed earlier, as RESULTS/plans is: else a third
#              of the time or more goes into timing them
#     PYTHON   the interpreter (python3)

results=${1:?usage: gpu_device.sh RESULTS [option of gpu.py...]}
shift
start=$(date +%s)
python=${PYTHON:-python3}
wheels=${WHEELS:-.whl}
site=$(mktemp -d)

mkdir -p "$results/plans" "$site/cache/cortado"
results=$(cd "$results" && pwd)
if [ -n "$PLANS" ]; then cp "$PLANS"/*.json "$results/plans"; fi
ln -s "$results/plans" "$site/cache/cortado/cudnn"
export XDG_CACHE_HOME="$site/cache"

set -- "$@" --output "$results/gpu.json"
if ls "$wheels"/*.whl >/dev/null 2>&1; then
    "$python" -m pip install -q --no-index --no-deps --no-compile --target "$site" "$wheels"/*.whl
fi
ln -s "$PWD" "$site/cortado"
ln -s "$PWD/pycaffe" "$site/caffe"
export PYTHONPATH="$site" PYTHONUNBUFFERED=1
nvidia-smi >"$results/nvidia-smi" 2>&1

tests=${TESTS:-120}
if [ "$tests" -gt 0 ]; then
    "$python" -c "import xdist" 2>/dev/null && parallel="-n 8"
    CORTADO_TEST_GPU=1 timeout "$tests" "$python" -m pytest -q $parallel \
        tests/kernels/gpu tests/kernels/cudnn tests/nets/test_gpu*.py tests/solvers/test_gpu.py \
        tests/benchmarks/test_gpu_worker.py >"$results/tests" 2>&1
    echo "tests ended with $?"
    tail -n 15 "$results/tests"
fi

left=$((${LIMIT:-560} - $(date +%s) + start))
"$python" benchmarks/gpu.py --budget $((left - 15)) "$@"
rm -r "$site"
