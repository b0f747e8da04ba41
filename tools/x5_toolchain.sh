#!/usr/bin/env bash
# Makes the environment of the vendor's compiler for the RDK X5, which `dexnet export --compile`
# runs. May be run again: what is there stays, and what was interrupted goes on.
#
#   tools/x5_toolchain.sh DIR
#
# DIR gets a virtual environment of 3 GB. Needs Linux on x86-64 and Python 3.10, which PYTHON=...
# names; without, python3.10 or one of pyenv is taken. TORCH=... is another requirement or wheel
# of torch. The tools are D-Robotics' (all rights reserved), from PyPI; see docs/x5.md.
set -euo pipefail

readonly ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The last release whose wheel needs no other packages of CUDA: newer ones ask for 6 GB of them.
readonly TORCH=${TORCH:-torch==1.12.1}
# The compiler's scripts import pkg_resources.packaging, which newer ones lack.
readonly SETUPTOOLS=setuptools==65.5.0
readonly MAPPER=1.24.3

say() { printf 'x5_toolchain: %s\n' "$*"; }

fail() {
  say "$@" >&2
  exit 1
}

is_python_310() { "$1" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3.10 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python}; do
    if is_python_310 "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

make_environment() {
  local python
  if [[ -e $dir/pyvenv.cfg ]]; then
    is_python_310 "$dir/bin/python" || fail "$dir is no environment of Python 3.10: choose another"
    "$dir/bin/python" -m pip --version &>/dev/null || "$dir/bin/python" -m ensurepip
    return
  fi
  if [[ -d $dir && -n $(ls -A "$dir") ]]; then fail "$dir is not empty: choose another"; fi
  python=$(find_python)
  [[ -n $python ]] || fail "no Python 3.10 with venv, got ${PYTHON:-none}:" \
    'name one by PYTHON=..., such as one of: pyenv install 3.10'
  say "environment in $dir"
  "$python" -m venv "$dir"
}

install() { "$dir/bin/python" -m pip install --quiet --no-deps "$@"; }

[[ $# == 1 && $1 != -* ]] || fail 'usage: tools/x5_toolchain.sh DIR'
[[ $(uname -sm) == 'Linux x86_64' ]] || fail "the tools are for Linux x86_64, got $(uname -sm)"
unset PYTHONPATH PYTHONHOME LD_LIBRARY_PATH VIRTUAL_ENV
dir=$1
make_environment
say "1 of 3: $TORCH (0.8 GB)"
install "$TORCH"
say '2 of 3: the compiler and what it imports'
install -r "$ROOT/requirements/x5_toolchain.txt"
say "3 of 3: $SETUPTOOLS"
install "$SETUPTOOLS"

export PATH="$(cd "$dir/bin" && pwd):$PATH"
version=$(hb_mapper --version) || fail 'hb_mapper does not start'
[[ $version == *" $MAPPER" ]] || fail "got $version, expected $MAPPER"
hbdk-cc --version | grep -q bayes-e || fail 'hbdk-cc does not know bayes-e, the processor of the X5'
say "done, $version. Use it by --toolchain $dir or DEXNET_X5_TOOLCHAIN=$dir"
