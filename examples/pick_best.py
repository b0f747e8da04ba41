"""Requests a grasp on the newest image of a planner node, and prints pre-grasp and grasp.

    python examples/pick_best.py [--service plan_grasps] [--frame base_link] [--before 0.10]

The exit status is 0 if there is a grasp; otherwise the reason is printed.
"""

from __future__ import annotations

import argparse
import sys

from dexnet_core.geometry.approach_poses import pose_before, PREGRASP
from dexnet_core.geometry.transform import quaternion_of
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import grasp_from_msg
import numpy as np
from numpy.typing import NDArray
import rclpy

_PATIENCE_S = 30.0


def main() -> str | None:
    """Request and print a grasp; return the reason if there is none, else None."""
    args = _parser().parse_args()
    rclpy.init()
    node = rclpy.create_node('pick_best')
    client = node.create_client(PlanGrasps, args.service)
    if not client.wait_for_service(_PATIENCE_S):
        return f'no service {client.srv_name} within {_PATIENCE_S:g} s: is the node active?'
    future = client.call_async(PlanGrasps.Request(num_grasps=1, target_frame=args.frame))
    rclpy.spin_until_future_complete(node, future, timeout_sec=_PATIENCE_S)
    if not future.done():
        return f'no response from {client.srv_name} within {_PATIENCE_S:g} s'
    if not future.result().success:
        return f'no grasp: {future.result().reason}'
    best = future.result().grasps.grasps[0]
    grasp = grasp_from_msg(best)
    lines = [
        f'score {grasp.score:.3f}, opening {grasp.width:.4f} m, in {best.header.frame_id}',
        f'pre-grasp  {_text(pose_before(grasp.T_camera_grasp, args.before))}',
        f'grasp      {_text(grasp.T_camera_grasp)}',
    ]
    print('\n'.join(lines))  # noqa: T201
    return None


def _text(T_frame_grasp: NDArray[np.float64]) -> str:
    numbers = [*T_frame_grasp[:3, 3], *quaternion_of(T_frame_grasp[:3, :3])]
    return 'x y z qx qy qz qw: ' + ' '.join(f'{number:+.4f}' for number in numbers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--service', default='plan_grasps', help='service of the planner node')
    parser.add_argument(
        '--frame', default='', help='frame of the grasp; default: frame of the planner node'
    )
    parser.add_argument(
        '--before',
        type=float,
        default=PREGRASP,
        help=f'metres from pre-grasp to grasp ({PREGRASP:g})',
    )
    return parser


if __name__ == '__main__':
    sys.exit(main())
