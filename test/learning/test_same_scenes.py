"""Two models are compared in the same scenes."""

from dataclasses import asdict, replace
import json
import subprocess
import sys

import pytest

pytest.importorskip('mujoco', reason='MuJoCo is not here: ./setup.sh --with-train')

from dexnet_core.simulation.picking.round_records import Attempt, NOTHING_FOUND, Round

HELD = Attempt(score=0.9, success=True, reason='held', planning_ms=1.0, objects_before=2, tilt=0.0)
FAILED = replace(HELD, success=False, reason='leaked')


def write(folder, outcomes):
    (folder / 'rounds').mkdir(parents=True)
    for number, attempt in enumerate(outcomes):
        attempts = (attempt,) if attempt else ()
        played = Round('suction', 'bin', number, 2, 0, NOTHING_FOUND, attempts)
        (folder / 'rounds' / f'bin_{number:04d}.json').write_text(json.dumps([asdict(played)]))


def test_the_difference_is_that_of_pairs(repo, tmp_path):
    write(tmp_path / 'one', [HELD] * 80 + [FAILED] * 10 + [HELD] * 10)
    write(tmp_path / 'other', [HELD] * 80 + [HELD] * 10 + [FAILED] * 4 + [None] * 6)
    program = repo / 'benchmarks' / 'same_scenes' / 'compare.py'
    folders = [tmp_path / 'one', tmp_path / 'other']
    said = subprocess.run(
        [sys.executable, program, *folders], capture_output=True, text=True, check=True
    ).stdout
    assert 'one: 90.0 (82.6 to 94.5) % held' in said
    assert 'other - one: 0.0 (' in said
    assert '100 scenes; 10 held by other only, 10 by one only' in said
