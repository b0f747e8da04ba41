"""Plans a grasp for each object of a label image, and prints the best ones, without ROS.

    python examples/plan_objects.py depth.npy labels.png 525,525,319.5,239.5 [--jaw hand.yaml]

With --jaw, the grasps are for this parallel jaw, otherwise for a suction cup.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from dexnet_core.io.files.depth_images import read_depth_image
from dexnet_core.planning.grippers.gripper_files import read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import load_jaw_planner, load_suction_planner
from dexnet_core.planning.planners.object_plans import chosen_labels, of_labels
from dexnet_core.planning.planners.planner import Planner


def main() -> str | None:
    """Plan and print grasps; return the reason if there are none, else None."""
    args = _parser().parse_args()
    image = read_depth_image(args.depth, args.camera, args.labels)
    seen = of_image(image.depth, image.camera, image.mask, image.labels)
    planner = _planner(args.jaw)
    found = False
    for label in chosen_labels(seen, ()):
        plan = planner.plan(of_labels(seen, [label]))
        for grasp in plan.grasps[:1]:
            found = True
            x, y, z = grasp.position
            print(f'object {label}: score {grasp.score:.3f} at {x:+.4f} {y:+.4f} {z:+.4f} m')  # noqa: T201
    return None if found else 'no grasp'


def _planner(jaw: Path | None) -> Planner:
    if jaw is None:
        return load_suction_planner()
    return load_jaw_planner(gripper=read_gripper(jaw, JawGripper))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('depth', type=Path, help='depth image, as in `dexnet plan --depth`')
    parser.add_argument('labels', type=Path, help='label image: the object of each pixel')
    parser.add_argument('camera', help='camera, as in `dexnet plan --camera`')
    parser.add_argument('--jaw', type=Path, help='YAML file of a parallel jaw')
    return parser


if __name__ == '__main__':
    sys.exit(main())
