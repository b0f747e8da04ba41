#!/usr/bin/env bash
# Grasps on a simulated bin, or on an image of your own, as a robot would get them: a camera and
# the planner's node are two processes that talk over DDS.
#
#   ./demo.sh [suction|jaw|tilted|graspnet] [--answers N] [--model FILE]
#   ./demo.sh [suction|jaw|tilted|graspnet] --depth FILE.npy|FILE.png --camera FILE|fx,fy,cx,cy
#             [--depth-scale METRES] [--mask FILE [--label N]]
#
# Grasps are for a suction cup, with `jaw` for a parallel jaw, with `tilted` for a jaw that comes
# straight down while the camera looks from the side, or with `graspnet` for one that comes from
# anywhere. The model is one that `dexnet export` wrote (a file or a folder of two, of graspnet a
# folder); without, the one that ships.
# Depth is float metres or uint16, by default millimetres; the camera is four numbers or a file of
# any kind that `dexnet plan suction --help` lists, which may say the units of uint16; --depth-scale
# says them otherwise, in metres per unit. The mask may have the numbers of objects; --label chooses one.
# Writes out/demo.png; ends with 0, or otherwise with the reason.
set -euo pipefail

readonly LOG=out/demo.log
readonly TIMEOUT_S=40
started=()

refuse() {
  printf 'demo: %s\n' "$*" >&2
  exit 2
}

# Prints the text above.
usage() {
  sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0"
}

# Files are named from where the user stands, and the demo runs in the repository.
absolute() {
  [[ -f $1 && -r $1 ]] || refuse "$1 is not a file that can be read"
  printf '%s/%s' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"
}

parse() {
  node=suction_node model='' scene='' choice='' answers=10
  depth='' camera='' depth_scale='' mask='' label=''
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      suction) node=suction_node && shift ;;
      jaw) node=parallel_jaw_node && shift ;;
      tilted) node=parallel_jaw_node scene='-p tilt:=0.785' && shift ;;
      graspnet)
        node=graspnet_node scene='-p bin:=false -p objects:=8 -p seed:=3' choice='-p max_grasps:=5'
        shift
        ;;
      --depth | --camera | --depth-scale | --mask | --label | --model | --answers)
        (($# > 1)) && [[ -n $2 ]] || refuse "$1 wants a value"
        name=${1#--}
        printf -v "${name//-/_}" '%s' "$2"
        shift 2
        ;;
      *) refuse "unknown argument $1; see ./demo.sh --help" ;;
    esac
  done
  if [[ -n $model ]]; then
    [[ -e $model ]] || refuse "$model does not exist"
    model=$(realpath "$model")
  fi
  [[ $answers =~ ^[1-9][0-9]*$ ]] || refuse "--answers is $answers, expected a number"
  if [[ -n $depth$camera$mask$depth_scale$label ]]; then
    [[ -n $depth ]] || refuse 'an image of your own needs --depth'
    [[ -n $camera ]] || refuse 'an image of your own needs --camera'
    [[ -z $label || -n $mask ]] || refuse '--label is for --mask'
    depth=$(absolute "$depth")
    [[ -z $mask ]] || mask=$(absolute "$mask")
    [[ $camera == *,*,*,* ]] || camera=$(absolute "$camera")
  fi
}

# A domain of this run's own, so that two demos, or a demo and a robot, do not hear each other.
isolate() {
  export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}
  export ROS_DOMAIN_ID=${ROS_DOMAIN_ID:-$((RANDOM % 100 + 1))}
}

start() {
  "install/dexnet_ros/lib/dexnet_ros/$1" "${@:2}" >>"$LOG" 2>&1 &
  started+=($!)
}

end_all() {
  local pid
  for pid in ${started[@]+"${started[@]}"}; do
    kill -TERM "$pid" 2>/dev/null || true
  done
  for pid in ${started[@]+"${started[@]}"}; do
    wait "$pid" 2>/dev/null || true
  done
}

parse "$@"
cd "$(dirname "${BASH_SOURCE[0]}")"
./setup.sh
. ./env.sh
isolate
mkdir -p out
: >"$LOG"

trap end_all EXIT
trap 'exit 130' INT TERM

start "$node" --ros-args ${model:+-p "model:=$model"} $choice
if [[ -n $depth ]]; then
  start depth_file --depth "$depth" --camera "$camera" ${mask:+--mask "$mask"} \
    ${depth_scale:+"--depth-scale=$depth_scale"} ${label:+"--label=$label"}
else
  start simulated_camera ${scene:+--ros-args $scene}
fi
install/dexnet_ros/lib/dexnet_ros/show_grasps --timeout "$((TIMEOUT_S + answers / 5))" \
  --answers "$answers" --out out/demo.png &
shown=$!
started+=("$shown")

# The first to end decides: it is show_grasps, unless something went wrong.
status=0
wait -n "${started[@]}" || status=$?
if kill -0 "$shown" 2>/dev/null; then
  status=$((status ? status : 1))
  reason=$(sed -n '/\[FATAL\]\|: error: /{s/^.*\]: //;p;q;}' "$LOG")
  printf 'demo: %s\n' "${reason:-a process ended too early; see $LOG}" >&2
elif ((status)); then
  printf 'demo: no grasps; what the node said is in %s\n' "$LOG" >&2
fi
exit "$status"
