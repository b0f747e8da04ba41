#!/usr/bin/env bash
# Runs a command in the environment of ROS 2 and of this folder's libraries and packages.
set -e
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
if [[ -z ${AMENT_PREFIX_PATH:-} ]]; then
  # shellcheck source=/dev/null
  . "/opt/ros/$ROS_DISTRO/setup.bash"
fi
# shellcheck source=/dev/null
. "$here/install/local_setup.bash"
export PATH=$here/venv/bin:$PATH
# Profile with shared memory segments large enough for images. Fast DDS 3 (since Kilted) reads
# another variable.
profile=$here/install/share/dexnet_ros/config/fastdds.xml
case $ROS_DISTRO in
  humble | jazzy) export FASTRTPS_DEFAULT_PROFILES_FILE=${FASTRTPS_DEFAULT_PROFILES_FILE:-$profile} ;;
  *) export FASTDDS_DEFAULT_PROFILES_FILE=${FASTDDS_DEFAULT_PROFILES_FILE:-$profile} ;;
esac
exec "$@"
