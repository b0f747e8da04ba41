#!/usr/bin/env bash
# Builds what the nodes need into a folder, with the ROS 2 in /opt/ros, or one that is sourced:
#
#   deploy/build.sh PREFIX
#
# PREFIX/venv has the libraries of requirements/core*.txt and nothing that trains or renders,
# PREFIX/install the packages, and beside them lie entrypoint.sh and healthcheck.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prefix=$(realpath -m "${1:?expected PREFIX, such as /opt/dexnet}")
if [[ -z ${AMENT_PREFIX_PATH:-} ]]; then
  set +u # setup.bash reads unset variables
  # shellcheck source=/dev/null
  . "/opt/ros/$ROS_DISTRO/setup.bash"
  set -u
fi

# ROS's own modules load beside the NumPy that they were built with only.
core=requirements/core.txt
if python3 -c 'import numpy, sys; sys.exit(not numpy.__version__.startswith("1."))'; then
  core=requirements/core-numpy1.txt
fi

python3 -m venv --system-site-packages "$prefix/venv"
export VIRTUAL_ENV=$prefix/venv PATH=$prefix/venv/bin:$PATH
pip install --no-cache-dir --disable-pip-version-check -r "$core"

# Called with the environment's Python, so that the programs it writes run with that one too.
build=$(mktemp -d)
python3 "$(command -v colcon)" --log-base "$build/log" build --merge-install \
  --build-base "$build" --install-base "$prefix/install" \
  --base-paths dexnet_msgs dexnet_core dexnet_ros --cmake-args -DBUILD_TESTING=OFF
rm -rf "$build"
install deploy/entrypoint.sh deploy/healthcheck.py "$prefix"
