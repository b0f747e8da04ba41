#!/usr/bin/env bash
# Builds the packages and their Python environment into a folder, with the sourced ROS 2 or /opt/ros:
#
#   deploy/build.sh PREFIX
#
# PREFIX/venv has the libraries of requirements/core*.txt, without those for training and rendering.
# PREFIX/install has the packages. PREFIX also has entrypoint.sh and healthcheck.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prefix=$(realpath -m "${1:?expected PREFIX, such as /opt/dexnet}")
if [[ -z ${AMENT_PREFIX_PATH:-} ]]; then
  set +u # setup.bash reads unset variables
  # shellcheck source=/dev/null
  . "/opt/ros/$ROS_DISTRO/setup.bash"
  set -u
fi

# The modules of ROS only work with the NumPy version that they were built with.
core=requirements/core.txt
if python3 -c 'import numpy, sys; sys.exit(not numpy.__version__.startswith("1."))'; then
  core=requirements/core-numpy1.txt
fi

python3 -m venv --system-site-packages "$prefix/venv"
export VIRTUAL_ENV=$prefix/venv PATH=$prefix/venv/bin:$PATH
pip install --no-cache-dir --disable-pip-version-check -r "$core"

# colcon runs with the Python of the environment, so that the installed programs use it too.
build=$(mktemp -d)
python3 "$(command -v colcon)" --log-base "$build/log" build --merge-install \
  --build-base "$build" --install-base "$prefix/install" \
  --base-paths dexnet_msgs dexnet_core dexnet_ros --cmake-args -DBUILD_TESTING=OFF
rm -rf "$build"
install deploy/entrypoint.sh deploy/healthcheck.py "$prefix"
