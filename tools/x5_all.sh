#!/usr/bin/env bash
# Compiles every network that ships for the RDK X5, a folder each, and prints one table.
#
#   tools/x5_all.sh OUT [NETWORK...]
#
# May be run again: a folder that is compiled from the same weights stays, and the rest is made.
# What a network prints is in OUT/NETWORK.log. One that fails is named and the others go on; the
# status is then 1. The vendor's tools are those of DEXNET_X5_TOOLCHAIN, else those on PATH; see
# docs/x5.md. EXPORT=... has further options of `dexnet export --target x5`, such as '--images 4'.
set -euo pipefail

readonly WEIGHTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/dexnet_core/dexnet_core/weights
readonly -A SOURCES=(
  [suction]=suction/proposals.onnx
  [suction-evaluator]=suction/evaluator.onnx
  [jaw]=parallel_jaw/proposals.onnx
  [jaw-evaluator]=parallel_jaw/evaluator.onnx
  [graspnet]=graspnet
)
readonly ALL=(suction suction-evaluator jaw jaw-evaluator graspnet)

say() { printf 'x5_all: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 2
}

# Whether the report of a folder tells of graphs that were compiled from the weights as they are.
is_compiled() {
  local report=$1/report.md
  [[ -f $report ]] && grep -q '^## Compiled$' "$report" &&
    [[ -z $(find "$2" -newer "$report" -print -quit) ]]
}

compile() {
  dexnet export "$1" --target x5 --weights "$2" --out "$out/$1" --compile ${EXPORT:-} \
    >"$out/$1.log" 2>&1
}

# The rows of the compiled graphs of a folder, with the network's name in front.
rows_of() {
  awk -v name="$1" '/^## / { inside = /^## Compiled$/ }
    inside && /^\| / && !/^\| graph / { print "| " name " " $0 }' "$out/$1/report.md"
}

table() {
  echo '| network | graph | BPU nodes | CPU nodes | parts | similarity | ms | MB moved | kB |'
  echo '|---|---|---|---|---|---|---|---|---|'
  local name
  for name in "${done_[@]}"; do rows_of "$name"; done
}

[[ $# -ge 1 && $1 != -* ]] || fail 'usage: tools/x5_all.sh OUT [NETWORK...]'
out=$1
shift
networks=("${@:-${ALL[@]}}")
for name in "${networks[@]}"; do
  [[ -n ${SOURCES[$name]:-} ]] || fail "got network $name, expected one of ${ALL[*]}"
done
command -v dexnet >/dev/null || fail 'dexnet is not on PATH: run "source env.sh" first'
mkdir -p "$out"
done_=() failed=()
for name in "${networks[@]}"; do
  weights=$WEIGHTS/${SOURCES[$name]}
  if is_compiled "$out/$name" "$weights"; then
    say "$name: is compiled, stays"
  else
    say "$name: compiling, see $out/$name.log"
    compile "$name" "$weights" || {
      say "$name failed: $(tail -n 1 "$out/$name.log")"
      failed+=("$name")
      continue
    }
  fi
  done_+=("$name")
done
if ((${#done_[@]})); then table | tee "$out/table.md"; fi
if ((${#failed[@]})); then
  say "${#failed[@]} of ${#networks[@]} failed: ${failed[*]}"
  exit 1
fi
