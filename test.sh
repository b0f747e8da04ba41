#!/usr/bin/env bash
# Sets up, training libraries included, and runs everything under test/ through `colcon test`.
# The last line counts the tests. Arguments go to pytest: ./test.sh -k messages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly RESULT=build/dexnet_ros/pytest.xml

# Prints the closing line; fails if a test failed or none ran.
count_tests() {
  python - "$RESULT" <<'PYTHON'
import sys
from xml.etree import ElementTree

try:
    suites = list(ElementTree.parse(sys.argv[1]).getroot().iter('testsuite'))
except (OSError, ElementTree.ParseError) as error:
    print(f'test: pytest left no result ({error})', file=sys.stderr)
    suites = []
tests, failures, errors, skipped = (
    sum(int(suite.get(name, 0)) for suite in suites)
    for name in ('tests', 'failures', 'errors', 'skipped')
)
failed = failures + errors
passed = max(tests - failed - skipped, 0)
print(f'{passed} passed, {failed} failed, {skipped} skipped')
sys.exit(failed > 0 or passed == 0)
PYTHON
}

main() {
  ./setup.sh --with-train
  source env.sh
  rm -f "$RESULT"
  local status=0
  # Colcon warns of a prefix without local_setup: ROS from wheels has none and needs none.
  python "$(command -v colcon)" --log-level error test --packages-select dexnet_ros \
    --return-code-on-test-failure --event-handlers console_direct+ console_stderr- --pytest-args "$@" || status=$?
  count_tests || status=1
  return "$status"
}

main "$@"
