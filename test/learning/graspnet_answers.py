"""What torch networks answer as grasps, and grasps as the published files hold them."""

from dexnet_core.planning.graspnet.constants import FINGER_HEIGHT, GraspNetConstants
from dexnet_core.planning.graspnet.decode import decode, Heads, on_objects, Seeds
import numpy as np

EDGE = GraspNetConstants(maximum_width=0.067, maximum_tolerance=0.045)
"""Of GraspNet-Edge, made for a smaller gripper."""


def decoded(output, i, constants, design):
    """Return the grasps at the seeds on objects of cloud i of a batch, best first."""
    seeds, heads = output
    kept = on_objects(seeds.objectness[i].T.numpy())
    where = Seeds(seeds.points[i].numpy()[kept], seeds.best[i].numpy()[kept])
    said = (head[i].permute(1, 2, 0).numpy()[kept] for head in heads)
    return decode(where, Heads(*said), constants, design)


def published_rows(grasps):
    """Return (n, 17): score, width, height, depth, rotation row by row, point, and no object."""
    count = len(grasps)
    return np.column_stack([
        *(grasps.scores, grasps.widths, np.full(count, FINGER_HEIGHT), grasps.depths),
        *(grasps.rotations.reshape(-1, 9), grasps.points, np.full(count, -1.0)),
    ])  # fmt: skip
