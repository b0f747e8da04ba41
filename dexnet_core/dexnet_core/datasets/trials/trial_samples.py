"""Training samples of grasp evaluators: patches around executed grasps, and success labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.jaw_trials import read_trials
from dexnet_core.datasets.trials.suction_trials import read_suction_trials
from dexnet_core.planning.contracts.evaluator_contracts import (
    CupEvaluatorContract,
    EvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.networks.mirrors import mirrored
from dexnet_core.planning.perception.cup_patch import cup_context, cup_patches
from dexnet_core.planning.perception.jaw_patch import jaw_context, jaw_patches
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import Dataset


class TrialInputs(NamedTuple):
    """Evaluator inputs of the n grasps of a view, and their results.

    Attributes:
        patches: (n, channels, rows, columns) float32 patches.
        context: (n, k) float32 context values, in the order of the contract.
        held: (n,) bool, True if the grasp held.
        quality: (n,) analytic quality on the exact meshes.
        down_z: (n,) cosine of the angle between approach and gravity.
    """

    patches: NDArray[np.float32]
    context: NDArray[np.float32]
    held: NDArray[np.bool_]
    quality: NDArray[np.floating]
    down_z: NDArray[np.floating]


class TrialSample(NamedTuple):
    """A sample, or with a leading batch dimension a batch.

    Attributes:
        patches: (K, channels, rows, columns) float32 patches.
        context: (K, k) float32 context values, in the order of the contract.
        held: (K,) float32, 1 if the grasp held, else 0; NaN where there is no grasp.
    """

    patches: torch.Tensor
    context: torch.Tensor
    held: torch.Tensor


class TrialSamples(Dataset[TrialSample]):
    """Executed grasps as samples; selection and mirroring depend only on (seed, epoch, index)."""

    def __init__(
        self, paths: Sequence[Path], contract: EvaluatorContract, per_view: int, seed: int
    ) -> None:
        self._paths = list(paths)
        self._contract = contract
        self._per_view = per_view
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> TrialSample:
        rng = np.random.default_rng((self._seed, self.epoch, index))
        inputs = trial_inputs(self._paths[index], self._contract)
        chosen = rng.permutation(len(inputs.held))[: self._per_view]
        patches, context = mirrored(
            inputs.patches[chosen],
            inputs.context[chosen],
            self._contract.context,
            along_x=bool(rng.integers(2)),
            along_y=bool(rng.integers(2)),
        )
        return TrialSample(
            self._filled(patches, 0.0),
            self._filled(context, 0.5),
            self._filled(inputs.held[chosen], np.nan),
        )

    def _filled(self, values: NDArray[np.generic], fill: float) -> torch.Tensor:
        """Pad the values to the number of grasps of a sample."""
        missing = [(0, self._per_view - len(values)), *[(0, 0)] * (values.ndim - 1)]
        filled = np.pad(values.astype(np.float32), missing, constant_values=fill)
        return torch.from_numpy(filled)


def trial_inputs(path: Path, contract: EvaluatorContract) -> TrialInputs:
    """Return the evaluator inputs of the grasps of a stored view.

    Raises:
        ValueError: The file is damaged or of another kind; the message contains its path.
    """
    if isinstance(contract, JawEvaluatorContract):
        return _jaw_inputs(path, contract)
    return _cup_inputs(path, contract)


def _jaw_inputs(path: Path, contract: JawEvaluatorContract) -> TrialInputs:
    trials = read_trials(path)
    scaled, placed = contract.scaled(trials.gripper), trials.placed
    return TrialInputs(
        jaw_patches(trials.heights, placed.places, scaled),
        jaw_context(placed.places, placed.scores, trials.down, scaled),
        trials.held,
        trials.quality,
        np.full(len(trials.held), trials.down[2]),
    )


def _cup_inputs(path: Path, contract: CupEvaluatorContract) -> TrialInputs:
    trials = read_suction_trials(path)
    scaled = contract.scaled(trials.cup)
    return TrialInputs(
        cup_patches(trials.segmented, trials.contacts, scaled),
        cup_context(trials.contacts, trials.down, scaled),
        trials.held,
        trials.quality,
        trials.contacts.poses[:, :3, 2] @ trials.down,
    )
