"""Clears the public clutter scenes with a planner, and reports GSR and DR."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
import json
from pathlib import Path
import sys
from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.io.configuration import read_config
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.grippers.gripper_files import read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.failed_places import FailureMemory
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.planners.settings import APPROACHES
from dexnet_core.simulation.picking.wilson_interval import wilson
import numpy as np
from numpy.typing import NDArray
from simulation import CAMERAS, ClutterSimulation, SCENES
from tqdm import tqdm

_HAND = Path(__file__).resolve().parents[2] / 'config' / 'grippers' / 'franka_hand.yaml'
_NOISE = 0.0008
_FAILURES = 2
_GAMMA_SHAPE, _SMOOTH_NOISE, _SMOOTH_OVER, _SMOOTH_SHARE = 1000, 0.005, 4, 0.5


class Attempt(NamedTuple):
    """A grasp that was carried out: its score, the milliseconds of its plan, whether it held."""

    score: float
    planning_ms: float
    success: bool


def main() -> None:
    """Play, or go on playing, and print the result."""
    args = _arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    out = args.out.resolve()
    planner = _planner(args)
    simulation = ClutterSimulation(args.checkout, args.scene)
    rounds = []
    for number in tqdm(range(args.rounds), desc=f'{args.planner}, {args.camera}, {args.scene}'):
        path = out / f'round_{number:04d}.json'
        if not path.exists():
            write_text(path, json.dumps(_play(simulation, planner, args.camera, number)) + '\n')
        rounds.append(json.loads(path.read_text()))
    text = _report(rounds)
    write_text(out / 'report.md', text)
    sys.stdout.write(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--checkout', type=Path, required=True, help='of Edge-Grasp-Network')
    parser.add_argument('--planner', choices=planner_kinds(), default='jaw')
    parser.add_argument('--approach', choices=APPROACHES, help='from where grasps come')
    parser.add_argument('--model', type=Path, help='of the planner; the shipped one by default')
    parser.add_argument('--settings', type=Path, help='YAML, such as `min_score: 0.1`')
    parser.add_argument('--gripper', type=Path, default=_HAND, help='YAML file of the hand')
    parser.add_argument('--camera', choices=CAMERAS, default='oblique')
    parser.add_argument('--scene', choices=SCENES, default='packed')
    parser.add_argument('--rounds', type=int, default=100)
    parser.add_argument('--out', type=Path, required=True, help='folder for the results')
    return parser.parse_args()


def _planner(args: argparse.Namespace) -> Planner:
    kind = planner_kinds()[args.planner]
    settings = read_config(kind.settings, args.settings)
    if args.approach:
        settings = replace(settings, approach=args.approach)
    model = args.model and args.model.resolve()
    return kind.load(model, settings, threads=1, gripper=read_gripper(args.gripper, JawGripper))


def _play(simulation: ClutterSimulation, planner: Planner, camera: str, number: int) -> dict:
    simulation.reset(number)
    total = simulation.left
    attempts = list(_attempts(simulation, planner, camera, number))
    return {
        'objects': total,
        'removed': sum(attempt.success for attempt in attempts),
        'attempts': [attempt._asdict() for attempt in attempts],
    }


def _attempts(
    simulation: ClutterSimulation, planner: Planner, camera: str, number: int
) -> Iterator[Attempt]:
    """Pick until nothing is left or found, or grasps failed in a row."""
    failures = count = 0
    memory = FailureMemory()
    while simulation.left and failures < _FAILURES:
        rng = np.random.default_rng((number, count))
        T_world_camera = simulation.camera_pose(camera, rng)
        exact = simulation.depth(T_world_camera)
        depth = _dex_noise(exact, rng) if camera == 'dex' else _normal_noise(exact, rng)
        up = T_world_camera[:3, :3].T @ [0.0, 0.0, 1.0]
        seen = transform_points(T_world_camera, deproject(depth, simulation.camera)[depth > 0])
        avoid = memory.places(seen)
        if avoid is not None:
            avoid = transform_points(invert(T_world_camera), avoid)
        if camera == 'dex':
            known = replace(planner.settings, support_distance=simulation.height(T_world_camera))
            planner = planner.with_settings(known)
        plan = planner.plan(of_image(depth, simulation.camera, up=up, avoid=avoid))
        if not plan.grasps:
            return
        best = plan.grasps[0]
        held = simulation.pick(T_world_camera @ best.T_camera_grasp, best.width)
        if not held:
            place = best.contacts.mean(axis=0, keepdims=True)
            memory.add(transform_points(T_world_camera, place)[0], seen)
        yield Attempt(best.score, plan.times.total_ms, held)
        failures = 0 if held else failures + 1
        count += 1


def _normal_noise(depth: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    noisy = depth + rng.normal(0, _NOISE, depth.shape)
    return np.where(depth > 0, noisy, 0).astype(np.float32)


def _dex_noise(depth: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return depth with the noise of Dex-Net 2.0, at the strength at which GIGA adds it."""
    noisy = depth * rng.gamma(_GAMMA_SHAPE, 1 / _GAMMA_SHAPE)
    if rng.random() < _SMOOTH_SHARE:
        small = tuple(side // _SMOOTH_OVER for side in depth.shape)
        noisy += cv2.resize(rng.normal(0, _SMOOTH_NOISE, small), depth.shape[::-1])
    return np.where(depth > 0, noisy, 0).astype(np.float32)


def _report(rounds: list[dict]) -> str:
    attempts = [Attempt(**attempt) for played in rounds for attempt in played['attempts']]
    held = wilson(sum(attempt.success for attempt in attempts), len(attempts))
    cleared = wilson(sum(r['removed'] for r in rounds), sum(r['objects'] for r in rounds))
    times = [attempt.planning_ms for attempt in attempts]
    lines = [
        f'{len(rounds)} rounds, {len(attempts)} grasps',
        *(
            f'{name} {100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})'
            for name, share in (('GSR', held), ('DR', cleared))
        ),
        f'planning {np.median(times):.0f} ms, 95 % within {np.percentile(times, 95):.0f} ms',
    ]
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    main()
