#!/usr/bin/env bash
# Plans with suction and the jaw on arm64 in emulation, and compares the grasps with those of this
# processor. May be run again: what was downloaded stays.
#
#   tools/try_arm64.sh DIR
#
# Needs Debian with qemu-user, and an environment with the robot's part (./setup.sh &&
# source env.sh). DIR gets 500 MB: Debian's Python for arm64 and the wheels of
# requirements/core-numpy1.txt. Emulation is slow: about 15 minutes on a busy machine.
set -euo pipefail

readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly PLANNERS=(suction jaw)

say() { printf 'try_arm64: %s\n' "$*"; }

fail() {
  say "$@" >&2
  exit 1
}

# apt-get for arm64 with lists and packages of its own; the system's are not changed.
apt_arm64() {
  mkdir -p "$dir"/apt/{state/lists/partial,cache/archives/partial}
  : >"$dir/apt/status"
  apt-get -qq -o Dir::State="$dir/apt/state" -o Dir::State::status="$dir/apt/status" \
    -o Dir::Cache="$dir/apt/cache" -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

unpack_python() {
  [[ -e $dir/system/usr/bin/python3 ]] && return
  say 'Debian packages of Python for arm64'
  apt_arm64 update
  apt_arm64 install -y --no-install-recommends --download-only python3 libstdc++6
  local package
  for package in "$dir"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$package" "$dir/system"
  done
}

install_wheels() {
  [[ -e $dir/installed ]] && return
  local version
  version=$(basename "$(readlink "$dir/system/usr/bin/python3")")
  say "wheels for aarch64, $version"
  python -m pip install --quiet --target "$dir/wheels" --only-binary=:all: --upgrade \
    --python-version "${version#python}" --platform manylinux_2_28_aarch64 \
    --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
    --platform manylinux2014_aarch64 -r "$ROOT/requirements/core-numpy1.txt"
  touch "$dir/installed"
}

# Two boxes on a table 0.7 m below the camera, in metres, with noise of 0.5 mm.
write_image() {
  python - "$dir/depth.npy" <<'PYTHON'
import sys

import numpy as np

depth = np.full((480, 640), 0.7)
depth[150:240, 180:230] = 0.65
depth[250:290, 360:460] = 0.66
depth += np.random.default_rng(0).normal(0, 0.0005, depth.shape)
np.save(sys.argv[1], depth.astype(np.float32))
PYTHON
}

plan() {
  local out=$1 planner=$2
  shift 2
  "$@" -m dexnet_core.cli.main plan "$planner" --depth "$dir/depth.npy" \
    --camera 525,525,319.5,239.5 --out "$dir/$out/$planner"
}

compare() {
  python - "$dir" "${PLANNERS[@]}" <<'PYTHON'
import json
from pathlib import Path
import sys

import numpy as np

folder, *planners = sys.argv[1:]
for planner in planners:
    files = (Path(folder, out, planner, 'grasps.json') for out in ('here', 'arm64'))
    here, there = (json.loads(file.read_text())['grasps'] for file in files)
    if len(here) != len(there) or not here:
        sys.exit(f'{planner}: {len(here)} grasps here, {len(there)} on arm64')
    differences = {
        key: float(np.abs(np.subtract([g[key] for g in here], [g[key] for g in there])).max())
        for key in ('position', 'quaternion', 'score')
    }
    print(f'{planner}: {len(here)} grasps, greatest differences {differences}')
    if max(differences.values()) > 1e-4:
        sys.exit(f'{planner}: expected at most 1e-4')
PYTHON
}

[[ $# == 1 && $1 != -* ]] || fail 'usage: tools/try_arm64.sh DIR'
command -v qemu-aarch64 >/dev/null || fail 'qemu-aarch64 is missing: apt install qemu-user'
python -c 'import dexnet_core' 2>/dev/null || fail 'dexnet_core is missing: source env.sh'
mkdir -p "$1"
dir=$(cd "$1" && pwd)
unpack_python
install_wheels
write_image
for planner in "${PLANNERS[@]}"; do
  say "$planner"
  plan here "$planner" python
  PYTHONPATH="$dir/wheels:$ROOT/dexnet_core" plan arm64 "$planner" \
    qemu-aarch64 -L "$dir/system" "$dir/system/usr/bin/python3"
done
compare
