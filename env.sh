# A shell with everything: source env.sh (bash or zsh), after ./setup.sh
#
# Activates .venv and adds the workspace. ROS 2's discovery stays on this host, unless
# ROS_AUTOMATIC_DISCOVERY_RANGE (Humble: ROS_LOCALHOST_ONLY) says otherwise.

_dexnet_shell=bash
_dexnet_root=${BASH_SOURCE[0]:-}
if [ -n "${ZSH_VERSION:-}" ]; then
  _dexnet_shell=zsh
  _dexnet_root=${(%):-%x}
fi
_dexnet_root=$(cd "$(dirname "$_dexnet_root")" && pwd)

if [ ! -e "$_dexnet_root/install/setup.$_dexnet_shell" ]; then
  echo 'env.sh: not built yet; run ./setup.sh' >&2
  unset _dexnet_root _dexnet_shell
  return 1
fi

# The scripts of venv and colcon read unset variables.
case $- in *u*) _dexnet_nounset=-u ;; *) _dexnet_nounset=+u ;; esac
set +u
. "$_dexnet_root/.venv/bin/activate"
# Where ROS 2 comes from wheels, the environment is the prefix that it is installed in.
if [ -e "$_dexnet_root/.venv/share/ament_index/resource_index/packages/rclpy" ]; then
  export AMENT_PREFIX_PATH="$_dexnet_root/.venv"
  export CMAKE_PREFIX_PATH="$_dexnet_root/.venv"
fi
. "$_dexnet_root/install/setup.$_dexnet_shell"
set "$_dexnet_nounset"

if [ "${ROS_DISTRO:-}" = humble ]; then
  export ROS_LOCALHOST_ONLY="${ROS_LOCALHOST_ONLY:-1}"
else
  export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"
fi
# Shared memory that a depth image fits into; see the file. Fast DDS 3, since Kilted, has a new name.
case "${ROS_DISTRO:-jazzy}" in
  humble | jazzy)
    export FASTRTPS_DEFAULT_PROFILES_FILE="${FASTRTPS_DEFAULT_PROFILES_FILE:-$_dexnet_root/config/fastdds.xml}"
    ;;
  *)
    export FASTDDS_DEFAULT_PROFILES_FILE="${FASTDDS_DEFAULT_PROFILES_FILE:-$_dexnet_root/config/fastdds.xml}"
    ;;
esac
unset _dexnet_root _dexnet_shell _dexnet_nounset
