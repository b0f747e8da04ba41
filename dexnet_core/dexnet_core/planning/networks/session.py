"""Networks that answer: each kind of model file behind the call that fits its contract."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.evaluator_contracts import (
    CupEvaluatorContract,
    JawEvaluatorContract,
    UNCHANGED,
)
from dexnet_core.planning.contracts.stored_contract import Contract
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.grasp import Gripper
from dexnet_core.planning.networks.model_file import ModelFile, open_model
from dexnet_core.planning.perception.cup_patch import CHANNELS as CUP_CHANNELS
from dexnet_core.planning.perception.jaw_patch import CHANNELS as PATCH_CHANNELS
from dexnet_core.planning.perception.metric_view import CHANNELS
import numpy as np
from numpy.typing import NDArray

C = TypeVar('C', bound=Contract)
_LEAST = 1e-6
"""Of a probability, and of what is left of it to 1."""


class NetworkSession:
    """A loaded network: metric view in, quality of its cells out.

    Attributes:
        contract: How the network must be fed and read.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph keeps what its contract promises.

        Raises:
            ValueError: It does not, or the contract does not say what a jaw's channels mean.
        """
        contract = contract_of(model, ModelContract)
        if contract.gripper == Gripper.PARALLEL_JAW.value and contract.jaw is None:
            raise ValueError(f'{model.path} does not say what its channels mean for a jaw')
        model.require_inputs(CHANNELS)
        side, channels = contract.multiple, contract.jaw.channels if contract.jaw else 1
        cells = (1, channels, side // contract.stride, 2 * side // contract.stride)
        model.require_output(cells, np.zeros((1, CHANNELS, side, 2 * side), np.float32))
        self.contract = contract
        self._model = model

    def run(self, view: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map a (1, CHANNELS, H, W) metric view to (channels, h, w) quality in [0, 1]."""
        quality: NDArray[np.float32] = self._model.run(view)[0]
        return quality


class CropSession:
    """A loaded network of aligned crops, or of the heat map of all crops of an image.

    Attributes:
        contract: How the network must be fed and read.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph keeps what its contract promises.

        Raises:
            ValueError: It does not.
        """
        contract = contract_of(model, CropContract)
        poses, crop = len(contract.pose_inputs), contract.crop
        model.require_inputs(1, *[poses][:poses])
        if contract.form == 'crop':
            inputs = [np.zeros((2, 1, crop, crop), np.float32), np.zeros((2, poses), np.float32)]
            model.require_output((2,), *inputs[: 1 + bool(poses)])
        else:
            rows, columns = crop + 2 * contract.stride, crop + 4 * contract.stride
            model.require_output((1, 1, 3, 5), np.zeros((1, 1, rows, columns), np.float32))
        self.contract = contract
        self._model = model

    def run(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map normalised depth to quality in [0, 1].

        Args:
            inputs: Of the crop form (n, 1, crop, crop), and (n, k) poses where the contract
                names k; of a heat map (1, 1, H, W).

        Returns:
            (n,) of the crop form, (1, 1, h, w) of a heat map.
        """
        return self._model.run(*inputs)


class JawEvaluator:
    """A loaded network that evaluates placed jaws.

    Attributes:
        contract: How the network must be fed and read.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph keeps what its contract promises.

        Raises:
            ValueError: It does not.
        """
        contract = contract_of(model, JawEvaluatorContract)
        told = len(contract.context)
        model.require_inputs(PATCH_CHANNELS, told)
        shape = (2, PATCH_CHANNELS, contract.rows, contract.columns)
        model.require_output((2,), np.zeros(shape, np.float32), np.zeros((2, told), np.float32))
        self.contract = contract
        self._model = model

    def run(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map (n, channels, rows, columns) patches to (n,) probabilities that the jaw holds.

        Args:
            patches: Around the placed jaws.
            context: (n, k) what the contract names.
        """
        return calibrated(self._model.run(patches, context), self.contract.calibration)


class CupEvaluator:
    """A loaded network that evaluates planned suction contacts.

    Attributes:
        contract: How the network must be fed and read.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph keeps what its contract promises.

        Raises:
            ValueError: It does not.
        """
        contract = contract_of(model, CupEvaluatorContract)
        told, side = len(contract.context), contract.side
        model.require_inputs(CUP_CHANNELS, told)
        patches = np.zeros((2, CUP_CHANNELS, side, side), np.float32)
        model.require_output((2,), patches, np.zeros((2, told), np.float32))
        self.contract = contract
        self._model = model

    def run(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map (n, channels, side, side) patches to (n,) probabilities that the cup holds.

        Args:
            patches: Around the contacts.
            context: (n, k) what the contract names.
        """
        return calibrated(self._model.run(patches, context), self.contract.calibration)


def calibrated(
    scores: NDArray[np.float32], calibration: tuple[float, float]
) -> NDArray[np.float32]:
    """Return (n,) probabilities of scores in [0, 1]: slope and offset on their logits.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """
    if calibration == UNCHANGED:
        return scores
    clipped = np.clip(scores.astype(float), _LEAST, 1 - _LEAST)
    slope, offset = calibration
    logits = slope * np.log(clipped / (1 - clipped)) + offset
    probabilities: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return probabilities


def contract_of(model: ModelFile, kind: type[C]) -> C:
    """Return the contract of a model file, which is to be of a kind.

    Raises:
        ValueError: It is of another.
    """
    if not isinstance(model.contract, kind):
        got = type(model.contract).__name__
        raise ValueError(f'{model.path} has a {got}, expected a {kind.__name__}')
    return model.contract


Session = NetworkSession | CropSession | JawEvaluator | CupEvaluator


def open_session(path: Path, gripper: Gripper | None = None, threads: int = 2) -> Session:
    """Load a model file of any kind, for a gripper or for any.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, carries no contract that this runtime understands, does
            not keep it, or is for another gripper.
    """
    model = open_model(path, gripper, threads)
    if isinstance(model.contract, JawEvaluatorContract):
        return JawEvaluator(model)
    if isinstance(model.contract, CupEvaluatorContract):
        return CupEvaluator(model)
    crops = isinstance(model.contract, CropContract)
    return CropSession(model) if crops else NetworkSession(model)
