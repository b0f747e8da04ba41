"""Grasps on antipodal pairs of points of noisy clouds, and what became of them.

    ROOT/dataset.json                     what the set was made with
    ROOT/views/SPLIT/scene_000012_1.npz   view 1 of scene 12

A file holds `cloud_tenth_mm` (n, 3) int16, and of each grasp `points` (k, 3), `rotations`
(k, 3, 3), `depths` (k,) and `friction` (k,), the least coefficient of friction that holds it on
the exact meshes, not above 0 where none does or the gripper hits something; metres, in the
optical frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.files.atomic import read_arrays, write_arrays
from dexnet_core.graspnet.cloud import sampled_rows
from dexnet_core.graspnet.stages import ANGLES, GraspNetDesign
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
import torch
from torch.utils.data import Dataset

_TENTH_MM = 1e-4


class JudgedPairs(NamedTuple):
    """A cloud of n points and k grasps on pairs of them.

    Attributes:
        cloud: (n, 3) metres in the optical frame.
        points: (k, 3) grasp points.
        rotations: (k, 3, 3) with columns approach, closing direction, across.
        depths: (k,) metres from the grasp point to the fingertips.
        friction: (k,) least that holds; not above 0 where none does.
    """

    cloud: NDArray[np.floating]
    points: NDArray[np.floating]
    rotations: NDArray[np.floating]
    depths: NDArray[np.floating]
    friction: NDArray[np.floating]


def write_pairs(path: Path, pairs: JudgedPairs) -> None:
    """Store judged pairs."""
    arrays = pairs._asdict()
    cloud = np.round(arrays.pop('cloud') / _TENTH_MM).astype(np.int16)
    small = {name: array.astype(np.float32) for name, array in arrays.items()}
    write_arrays(path, cloud_tenth_mm=cloud, **small)


def read_pairs(path: Path) -> JudgedPairs:
    """Read stored pairs.

    Raises:
        ValueError: The file is damaged or of another kind; the message names it.
    """
    cloud, *rest = read_arrays(path, 'cloud_tenth_mm', *JudgedPairs._fields[1:])
    if len({len(array) for array in rest}) > 1:
        raise ValueError(f'{path} holds {len(rest[0])} grasps and {len(rest[-1])} frictions')
    return JudgedPairs(cloud.astype(np.float32) * np.float32(_TENTH_MM), *rest)


class PairSample(NamedTuple):
    """A sample of K grasps, or with a leading batch dimension a batch.

    Attributes:
        cloud: (N, 3) float32 metres.
        places: (K, 3) float32 grasp points, metres.
        frames: (K, 3, 3) float32, perhaps mirrored, in which the grasp is turned by its class.
        turn: (K,) int64 class of the turn.
        depth: (K,) int64 class of the depth.
        friction: (K,) float32 as of `JudgedPairs`; NaN where there is no grasp.
    """

    cloud: torch.Tensor
    places: torch.Tensor
    frames: torch.Tensor
    turn: torch.Tensor
    depth: torch.Tensor
    friction: torch.Tensor


class PairSamples(Dataset[PairSample]):
    """Judged pairs as samples; what is drawn is decided by (seed, epoch, index) alone.

    A grasp is as good in whatever turn and depth it is told: the frame is turned back, and the
    grasp point moved along the approach, by classes that chance draws. So is its mirror image.
    """

    def __init__(
        self, paths: Sequence[Path], design: GraspNetDesign, per_view: int, seed: int
    ) -> None:
        self._paths, self._design = list(paths), design
        self._per_view, self._seed = per_view, seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> PairSample:
        rng = np.random.default_rng((self._seed, self.epoch, index))
        cloud, points, rotations, depths, friction = read_pairs(self._paths[index])
        rows = sampled_rows(len(cloud), self._design.points, rng)
        some = rng.permutation(len(points))[: self._per_view]
        turn = rng.integers(ANGLES, size=len(some))
        depth = rng.integers(len(self._design.depths), size=len(some))
        beside = depths[some] - np.array(self._design.depths)[depth]
        places = points[some] + beside[:, None] * rotations[some, :, 0]
        flips = rng.choice([-1.0, 1.0], (len(some), 1, 2))
        frames = rotations[some] * np.concatenate([np.ones((len(some), 1, 1)), flips], axis=2)
        back = Rotation.from_euler('x', -np.pi / ANGLES * turn[:, None]).as_matrix()
        return PairSample(
            torch.from_numpy(np.ascontiguousarray(cloud[rows], np.float32)),
            self._filled(places, 0.0, np.float32),
            self._filled(frames @ back, 0.0, np.float32),
            self._filled(turn, 0, np.int64),
            self._filled(depth, 0, np.int64),
            self._filled(friction[some], np.nan, np.float32),
        )

    def _filled(self, values: NDArray[np.generic], fill: float, kind: type) -> torch.Tensor:
        """Return values of fewer grasps than a sample has, with as many added."""
        missing = [(0, self._per_view - len(values)), *[(0, 0)] * (values.ndim - 1)]
        return torch.from_numpy(np.pad(values, missing, constant_values=fill).astype(kind))
