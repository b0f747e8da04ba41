"""Many grasps of a parallel jaw as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from dexnet_core.geometry.transform import transform_points
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class GraspSet:
    """Grasps in the frame of their cloud, lengths in metres.

    Attributes:
        scores: (n,) the higher the better; not bounded.
        widths: (n,) openings of the jaw.
        depths: (n,) from the grasp point along the approach to the fingertips.
        rotations: (n, 3, 3) with columns x approach, y closing direction, z across.
        points: (n, 3) grasp points, on the surface.

    Raises:
        ValueError: The shapes of the arrays do not fit each other.
    """

    scores: Floats
    widths: Floats
    depths: Floats
    rotations: Floats
    points: Floats

    def __post_init__(self) -> None:
        n = len(self.scores)
        expected = ((n,), (n,), (n,), (n, 3, 3), (n, 3))
        got = tuple(np.shape(array) for array in self._arrays)
        if got != expected:
            raise ValueError(f'grasps have shapes {got}, expected {expected}')

    def __len__(self) -> int:
        """Return how many grasps there are."""
        return len(self.scores)

    @property
    def surface(self) -> Floats:
        """(n, 3) the grasp points."""
        return self.points

    def take(self, which: NDArray[np.integer] | NDArray[np.bool_] | slice) -> GraspSet:
        """Return some of the grasps: an index, mask or slice of the first axis."""
        return GraspSet(*(array[which] for array in self._arrays))

    def best_first(self) -> GraspSet:
        """Return the grasps by descending score; ties stay in order."""
        return self.take(np.argsort(-self.scores, kind='stable'))

    def moved(self, T_frame_own: NDArray[np.float64]) -> GraspSet:
        """Return the grasps in another frame, in which their own has the pose (4, 4)."""
        rotation = T_frame_own[:3, :3]
        points = transform_points(T_frame_own, self.points)
        return replace(self, rotations=rotation @ self.rotations, points=points)

    def tips(self) -> NDArray[np.float64]:
        """Return the (n, 3) points midway between the fingertips."""
        return self.points + np.asarray(self.depths, float)[:, None] * self.rotations[:, :, 0]

    def poses(self) -> NDArray[np.float64]:
        """Return (n, 4, 4) poses of the grasp frame of `dexnet_core.planning.grasp`.

        x is the closing direction, z the approach; the origin is midway between the fingertips.
        """
        T = np.tile(np.eye(4), (len(self), 1, 1))
        T[:, :3, :3] = self.rotations[:, :, [1, 2, 0]]
        T[:, :3, 3] = self.tips()
        return T

    @property
    def _arrays(self) -> tuple[Floats, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))


def no_grasps() -> GraspSet:
    """Return an empty set."""
    none = np.zeros(0)
    return GraspSet(none, none, none, np.zeros((0, 3, 3)), np.zeros((0, 3)))


def concatenated(sets: Sequence[GraspSet]) -> GraspSet:
    """Return the grasps of one set after those of another; there is at least one set."""
    return GraspSet(*map(np.concatenate, zip(*(one._arrays for one in sets), strict=True)))


def joined(first: GraspSet, second: GraspSet) -> GraspSet:
    """Return the grasps of two sets, best first."""
    return concatenated([first, second]).best_first()
