#!/usr/bin/env bash
# Installs the wheel of dexnet_core with one extra at a time into an environment that has nothing
# else, and runs the commands that the extra is for. May be run again: environments are kept.
#
#   tools/try_extras.sh DIR [none|sim|train|export|viz|bags]...
#
# DIR gets the environments: 5 GB with torch for the CPU. PYTHON=... names the interpreter. `train`
# learns from what `sim` made, and `export` exports what `train` learned: this is the order.
set -euo pipefail

readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly CAMERA=525,525,319.5,239.5
unset PYTHONPATH PYTHONHOME LD_LIBRARY_PATH VIRTUAL_ENV

say() { printf 'try_extras: %s\n' "$*"; }

fail() {
  say "$@" >&2
  exit 1
}

# A box of 6 cm on a table, 0.7 m below a camera: depth.npy, and cloud.npy of the same.
make_input() {
  "$1" - <<'PYTHON'
import numpy as np

depth = np.full((480, 640), 0.7, np.float32)
depth[200:260, 280:350] = 0.64
np.save('depth.npy', depth)
v, u = np.mgrid[:480:4, :640:4]
z = depth[v, u]
cloud = np.stack([(u - 319.5) * z / 525, (v - 239.5) * z / 525, z], axis=-1)
np.save('cloud.npy', cloud.reshape(-1, 3).astype(np.float32))
PYTHON
}

build_wheel() {
  local source
  source=$(mktemp -d)
  cp -rL "$ROOT/dexnet_core" "$source"
  "${PYTHON:-python3}" -m venv "$dir/build"
  "$dir/build/bin/pip" install --quiet --upgrade setuptools
  (cd "$source/dexnet_core" && "$dir/build/bin/python" -c \
    "import setuptools.build_meta as b; b.build_wheel('$dir')") >"$dir/build.log" 2>&1 || fail "no wheel was built: $(tail -n 1 "$dir/build.log")"
  rm -rf "$source"
}

# The versions that were tested together; pip would install what a file includes.
write_constraints() { grep -hv '^-r' "$ROOT"/requirements/{core,sim,shared,torch,train,export,viz,bags}.txt; }

install() {
  local extra=$1 wheel
  wheel=$(echo "$dir"/dexnet_core-*.whl)
  [[ -e $dir/$extra/pyvenv.cfg ]] || "${PYTHON:-python3}" -m venv "$dir/$extra"
  [[ $extra == none ]] || wheel+="[$extra]"
  "$dir/$extra/bin/pip" install --quiet --force-reinstall --no-deps "$dir"/dexnet_core-*.whl
  "$dir/$extra/bin/pip" install --quiet -c "$dir/constraints.txt" "$wheel"
}

# Runs `dexnet` and shows the end of what it says.
run() {
  local began=$SECONDS
  if ! "$dexnet" "$@" >log.txt 2>&1; then
    tail -n 5 log.txt >&2
    fail "$extra: dexnet $* failed"
  fi
  say "$extra: dexnet $*: done in $((SECONDS - began)) s: $(tr '\r' '\n' <log.txt | tail -n 1 | cut -c-100)"
}

# Runs `dexnet`, which shall say in one line that it lacks an extra.
lacks() {
  local needed=$1 said status=0
  shift
  said=$("$dexnet" "$@" 2>&1 >/dev/null) || status=$?
  [[ $status == 2 && $(wc -l <<<"$said") == 1 && $said == *"pip install './dexnet_core[$needed]'"* ]] ||
    fail "$extra: dexnet $* ended with $status and said: $said"
  say "$extra: $said"
}

try_none() {
  run --version
  run plan suction --depth depth.npy --camera $CAMERA --out out/suction
  run plan jaw --depth depth.npy --camera $CAMERA --format poses --out out/jaw
  run plan jaw --cloud cloud.npy --out out/cloud
  run plan graspnet --depth depth.npy --camera $CAMERA --out out/graspnet
  lacks sim pick suction --rounds 1 --out out/pick
  lacks sim generate suction --out out/data
  lacks sim bench suction
  lacks sim gripper hand.urdf --out hand.yaml
  lacks train train --config "$ROOT/config/train/suction.yaml"
  lacks train convert --weights none.pt --out none.pt
  lacks export export suction --weights none.pt --out none.onnx
  lacks export check-x5 none.onnx
  lacks viz view --cloud cloud.npy
  lacks viz plan jaw --depth depth.npy --camera $CAMERA --rerun plan.rrd --out out/rerun
  touch none.bag
  lacks bags replay none.bag --planner suction --out out/replay
}

try_sim() {
  run generate suction --objects 10 --train-scenes 2 --val-scenes 1 --workers 1 --out data/suction
  run generate jaw --format dexnet --objects 10 --workers 1 --out data/crops
  run generate jaw-trials --objects 10 --train-scenes 1 --val-scenes 1 --workers 1 --out data/trials
  run pick suction --rounds 1 --workers 1 --out out/pick
  run bench jaw --rounds 2
  lacks train train --config "$ROOT/config/train/suction.yaml"
  lacks export export suction --weights none.pt --out none.onnx
}

try_train() {
  run train --config "$ROOT/config/train/suction.yaml" --set data="$dir/sim_files/data/suction" \
    --set epochs=1 --set workers=0 --set batch_size=1 --set samples.side=64 --set out=runs/suction
  run analyze stats "$dir/sim_files/data/crops"
  lacks sim pick suction --rounds 1 --out out/pick
}

try_export() {
  echo 'min_score: 0.0' >settings.yaml
  run export suction --weights "$dir/train_files/runs/suction/best.pt" --out suction.onnx
  run plan suction --model suction.onnx --depth depth.npy --camera $CAMERA \
    --settings settings.yaml --out out/own
  lacks sim pick suction --rounds 1 --out out/pick
}

try_viz() {
  run plan jaw --depth depth.npy --camera $CAMERA --rerun plan.rrd --out out/jaw
  "$dir/$extra/bin/python" -c 'import open3d' 2>log.txt ||
    { say "$extra: Open3D cannot be imported here, dexnet view is left out: $(tail -n 1 log.txt)"; return; }
  run view --cloud cloud.npy --grasps out/jaw/grasps.json --out view.png
}

try_bags() {
  PYTHONPATH=$ROOT/test/light "$dir/$extra/bin/python" - <<'PYTHON'
import numpy as np
from dexnet_core.geometry.camera import CameraIntrinsics
from recordings import DEPTH, INFO, Maker, write_bag2

make = Maker()
camera = CameraIntrinsics(640, 480, 525.0, 525.0, 319.5, 239.5)
image = make.image(0, np.load('depth.npy'))
write_bag2('box', [(INFO, 0, make.info(0, camera)), (DEPTH, 0, image)])
PYTHON
  run replay box --planner suction --out out/replay
}

[[ $# -ge 1 && $1 != -* ]] || fail 'usage: tools/try_extras.sh DIR [EXTRA]...'
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
build_wheel
write_constraints >"$dir/constraints.txt"
(($#)) || set -- none sim train export viz bags
for extra in "$@"; do
  install "$extra"
  packages=$("$dir/$extra/bin/pip" list --format freeze | wc -l)
  say "$extra: $packages packages, $(du -sh "$dir/$extra" | cut -f1)"
  dexnet=$dir/$extra/bin/dexnet
  rm -rf "$dir/${extra}_files"
  mkdir "$dir/${extra}_files"
  cd "$dir/${extra}_files"
  make_input "$dir/$extra/bin/python"
  "try_$extra"
done
say "without the others works: $*"
