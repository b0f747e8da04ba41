"""What 200 picks are worth: a gripper with a fault is logged, adapted to, and measured again."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from functools import lru_cache, partial
import json
from pathlib import Path
import sys

from adapted import adapt_to_log, variants_of
from dexnet_core.cli.arguments import progress
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.picks.pick_log import pick_files
from dexnet_core.io.picks.tried_pick import Made, offered_by, Pick, write_pick
from dexnet_core.io.processes import spread_over
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.simulation.objects.grasp_object import Split
import numpy as np
from recovery import report
from scenes import Cell, Fault, FAULTS

_LOGGED, _MEASURED = 81, 82
_OF_A_SCENE = 4
"""Attempts in a scene at most."""
_EXPLORED = 0.5
"""Share of the logged attempts that are of any offered grasp; the others are of the best."""


def main() -> None:
    """Log, adapt, measure and report; what is there already is not made again."""
    args = _arguments()
    fault, root = FAULTS[args.fault], args.out / args.fault
    scenes = -(-args.attempts // _OF_A_SCENE) * 2
    with spread_over(args.workers, progress) as spread:
        spread(partial(log_scene, fault, root, args.attempts), range(scenes), 'log')
    adapt_to_log(fault, root)
    with spread_over(args.workers, progress) as spread:
        spread(partial(measure_scene, fault, root), range(args.scenes), 'measure')
    measured = [json.loads(path.read_text()) for path in sorted((root / 'measured').glob('*'))]
    text = report(args.fault, measured[: args.scenes], (root / 'model' / 'report.md').read_text())
    write_text(root / 'report.md', text)
    sys.stdout.write(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('fault', choices=FAULTS)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--attempts', type=int, default=200, help='that are logged')
    parser.add_argument('--scenes', type=int, default=200, help='that are measured on')
    parser.add_argument('--workers', type=int, default=1)
    return parser.parse_args()


def log_scene(fault: Fault, root: Path, attempts: int, number: int) -> int:
    """Log some attempts in a scene, unless that was done or there are enough of earlier scenes."""
    log, done = root / 'log', root / 'logged' / f'{number:04d}'
    if done.exists() or len(pick_files(log)) >= attempts:
        return number
    cell = Cell((_LOGGED, number), Split.VAL, fault.described)
    rng, planner = np.random.default_rng(cell.misses), load(fault, None)
    for attempt in range(_OF_A_SCENE):
        seen = cell.look()
        plan = planner.plan(seen)
        if not plan.grasps:
            break
        explored = rng.random() < _EXPLORED
        tried = int(rng.integers(len(plan.grasps))) if explored else 0
        held = cell.attempt(plan.grasps[tried], fault.real, attempt)
        made = Made(fault.planner, plan.model, asdict(planner.settings))
        pick = Pick(seen, fault.described, offered_by(plan), tried, held is not None, made)
        write_pick(log / f'{number:04d}_{attempt}.npz', pick)
        if held is not None and not cell.take_out(held):
            break
    write_text(done, '')
    return number


def measure_scene(fault: Fault, root: Path, number: int) -> int:
    """Try the best grasp of each variant in a scene of objects that were not logged."""
    path = root / 'measured' / f'{number:04d}.json'
    if path.exists():
        return number
    cell = Cell((_MEASURED, number), Split.TEST, fault.described)
    seen, held = cell.look(), {}
    for name, variant in variants_of(fault, root).items():
        plan = load(replace(fault, described=variant.gripper), variant.model).plan(seen)
        picked = cell.attempt(plan.grasps[0], variant.real) if plan.grasps else None
        held[name] = {'grasps': len(plan.grasps), 'held': picked is not None}
    write_text(path, json.dumps(held) + '\n')
    return number


@lru_cache(maxsize=8)
def load(fault: Fault, model: Path | None) -> Planner:
    """Return a planner, told of the gripper as it is described."""
    return planner_kinds()[fault.planner].load(model, threads=1, gripper=fault.described)


if __name__ == '__main__':
    main()
