"""Dimensions of a parallel jaw, measured on the collision meshes of its URDF (yourdfpy)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
from numpy.typing import NDArray
import trimesh
import yourdfpy

_SAMPLES = 20_000
_TIP = 0.012
"""Length in metres of the finger end where width, thickness and opening are measured."""
_TIP_REACH = 0.004


class _Hand(NamedTuple):
    """Surface points (n, 3) of the open hand in the hand frame: x closing, z approach."""

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    palm: NDArray[np.float64]


def jaw_of_urdf(path: Path) -> JawGripper:
    """Measure a hand with two prismatic fingers, fully opened.

    The palm consists of all links that do not move with a finger. The flange distance is measured
    to the root of the URDF. Meshes do not contain the distance from the tip to the middle of the
    pad, so `tip_reach` has the default of `JawGripper`.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a URDF, does not have exactly two prismatic finger joints, or
            lacks collision meshes.
    """
    if not path.is_file():
        raise FileNotFoundError(f'there is no file {path}')
    try:
        robot = yourdfpy.URDF.load(
            str(path), build_collision_scene_graph=True, load_collision_meshes=True
        )
    except Exception as error:  # yourdfpy and lxml raise many exception types
        raise ValueError(f'{path} cannot be read as URDF: {error}') from error
    hand = _hand(robot, path)
    tips = float(max(hand.left[:, 2].max(), hand.right[:, 2].max()))
    left, right = (side[side[:, 2] > tips - _TIP] for side in (hand.left, hand.right))
    width = float(np.ptp(left[:, 1]))
    palm = np.ptp(hand.palm, axis=0)
    return JawGripper(
        max_opening=_rounded(right[:, 0].min() - left[:, 0].max()),
        finger_width=_rounded(width),
        finger_thickness=_rounded(np.ptp(left[:, 0])),
        finger_length=_rounded(tips - hand.palm[:, 2].max()),
        tip_reach=_TIP_REACH,
        pad_radius=_rounded(width / 2),
        palm_width=_rounded(palm[0]),
        palm_thickness=_rounded(palm[1]),
        palm_length=_rounded(palm[2]),
        flange_distance=_rounded(max(tips, 0.0)),
        name=robot.robot.name,
    )


def _hand(robot: yourdfpy.URDF, path: Path) -> _Hand:
    """Return the surface points of the opened hand, or raise ValueError."""
    joints = robot.robot.joints
    sliding = [joint for joint in joints if joint.type == 'prismatic']
    turning = [joint.name for joint in joints if joint.type in ('revolute', 'continuous')]
    if len(sliding) != 2 or turning:
        names = [joint.name for joint in sliding]
        raise ValueError(
            f'{path} has prismatic joints {names} and revolute joints {turning}, expected two '
            'prismatic finger joints and no revolute joint: describe the gripper in YAML'
        )
    limits = [(joint.limit.lower, joint.limit.upper) for joint in sliding]
    ends = [_posed(robot, [pair[end] for pair in limits], sliding) for end in (0, 1)]
    open_end = max(ends, key=lambda parts: np.linalg.norm(_apart(parts)))
    if not all(len(part) for part in open_end):
        raise ValueError(f'{path} lacks a collision mesh of the palm or of a finger')
    frame = _frame(open_end)
    left, right, palm = (part @ frame for part in open_end)
    return _Hand(left, right, palm)


def _posed(
    robot: yourdfpy.URDF, values: list[float], sliding: list[yourdfpy.Joint]
) -> tuple[NDArray[np.float64], ...]:
    """Return surface points of the two fingers and of all other links, in the root frame."""
    robot.update_cfg(
        {
            joint.name: value
            for joint, value in zip(sliding, values, strict=True)
            if joint.name in robot.actuated_joint_names
        }
    )
    scene, root = robot.collision_scene, robot.base_link
    parts: tuple[list[NDArray[np.float64]], ...] = ([], [], [])
    for node in scene.graph.nodes_geometry:
        T_root_mesh, name = scene.graph.get(node, root)
        mesh = scene.geometry[name].copy().apply_transform(T_root_mesh)
        links = set(scene.graph.transforms.shortest_path(root, node))
        moved = [k for k, joint in enumerate(sliding) if joint.child in links]
        points, _ = trimesh.sample.sample_surface(mesh, _SAMPLES, seed=0)
        parts[moved[0] if moved else 2].append(points)
    return tuple(np.concatenate(part) if part else np.empty((0, 3)) for part in parts)


def _apart(parts: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    apart: NDArray[np.float64] = parts[1].mean(axis=0) - parts[0].mean(axis=0)
    return apart


def _frame(parts: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Return axes (3, 3) as columns: x from finger to finger, z from the palm to the tips."""
    x = _nearest_axis(_apart(parts))
    ahead = np.concatenate(parts[:2]).mean(axis=0) - parts[2].mean(axis=0)
    z = _nearest_axis(ahead - (ahead @ x) * x)
    return np.column_stack([x, np.cross(z, x), z])


def _nearest_axis(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the axis of the root frame that is nearest to a vector."""
    axis = np.zeros(3)
    largest = int(np.abs(vector).argmax())
    axis[largest] = np.sign(vector[largest])
    return axis


def _rounded(metres: float) -> float:
    return round(float(metres), 4)
