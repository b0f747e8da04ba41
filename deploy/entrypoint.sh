#!/usr/bin/env bash
# Runs a command with ROS 2, the libraries and the packages of this folder.
set -e
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
if [[ -z ${AMENT_PREFIX_PATH:-} ]]; then
  # shellcheck source=/dev/null
  . "/opt/ros/$ROS_DISTRO/setup.bash"
fi
# shellcheck source=/dev/null
. "$here/install/local_setup.bash"
export PATH=$here/venv/bin:$PATH
# Shared memory that images fit into; Fast DDS 3, since Kilted, has a new name.
profile=$here/install/share/dexnet_ros/config/fastdds.xml
case $ROS_DISTRO in
  humble | jazzy) export FASTRTPS_DEFAULT_PROFILES_FILE=${FASTRTPS_DEFAULT_PROFILES_FILE:-$profile} ;;
  *) export FASTDDS_DEFAULT_PROFILES_FILE=${FASTDDS_DEFAULT_PROFILES_FILE:-$profile} ;;
esac
exec "$@"
