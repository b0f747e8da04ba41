"""Loaded networks: one class for each kind of contract."""

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
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.logits import logits_of, probabilities_of
from dexnet_core.planning.networks.model_file import ModelFile, open_model
from dexnet_core.planning.perception.cup_patch import CHANNELS as CUP_CHANNELS
from dexnet_core.planning.perception.jaw_patch import CHANNELS as PATCH_CHANNELS
from dexnet_core.planning.perception.metric_view import CHANNELS
import numpy as np
from numpy.typing import NDArray

C = TypeVar('C', bound=Contract)


class NetworkSession:
    """A loaded network with a metric view as input and the quality of its cells as output.

    Attributes:
        contract: Inputs, outputs and units of the network.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph matches its contract.

        Raises:
            ValueError: The graph does not match, or the contract does not define the channels of
                a jaw.
        """
        contract = contract_of(model, ModelContract)
        if contract.gripper == GripperKind.PARALLEL_JAW.value and contract.jaw is None:
            raise ValueError(f'{model.path} does not define its channels for a jaw')
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
        contract: Inputs, outputs and units of the network.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph matches its contract.

        Raises:
            ValueError: The graph does not match.
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
            inputs: For the crop form (n, 1, crop, crop), and (n, k) poses if the contract names
                k pose inputs; for a heat map (1, 1, H, W).

        Returns:
            (n,) for the crop form, (1, 1, h, w) for a heat map.
        """
        return self._model.run(*inputs)


class JawEvaluator:
    """A loaded network that evaluates placed jaws.

    Attributes:
        contract: Inputs, outputs and units of the network.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph matches its contract.

        Raises:
            ValueError: The graph does not match.
        """
        contract = contract_of(model, JawEvaluatorContract)
        columns = len(contract.context)
        model.require_inputs(PATCH_CHANNELS, columns)
        shape = (2, PATCH_CHANNELS, contract.rows, contract.columns)
        model.require_output((2,), np.zeros(shape, np.float32), np.zeros((2, columns), np.float32))
        self.contract = contract
        self._model = model

    def run(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map (n, channels, rows, columns) patches to (n,) probabilities that the jaw holds.

        Args:
            patches: Around the placed jaws.
            context: (n, k) values that the contract names.
        """
        return calibrated(self._model.run(patches, context), self.contract.calibration)


class CupEvaluator:
    """A loaded network that evaluates planned suction contacts.

    Attributes:
        contract: Inputs, outputs and units of the network.
    """

    def __init__(self, model: ModelFile) -> None:
        """Check that the graph matches its contract.

        Raises:
            ValueError: The graph does not match.
        """
        contract = contract_of(model, CupEvaluatorContract)
        columns, side = len(contract.context), contract.side
        model.require_inputs(CUP_CHANNELS, columns)
        patches = np.zeros((2, CUP_CHANNELS, side, side), np.float32)
        model.require_output((2,), patches, np.zeros((2, columns), np.float32))
        self.contract = contract
        self._model = model

    def run(
        self, patches: NDArray[np.float32], context: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Map (n, channels, side, side) patches to (n,) probabilities that the cup holds.

        Args:
            patches: Around the contacts.
            context: (n, k) values that the contract names.
        """
        return calibrated(self._model.run(patches, context), self.contract.calibration)


def calibrated(
    scores: NDArray[np.float32], calibration: tuple[float, float]
) -> NDArray[np.float32]:
    """Calibrate (n,) scores in [0, 1] to probabilities, by slope and offset on their logits.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """
    if calibration == UNCHANGED:
        return scores
    slope, offset = calibration
    return probabilities_of(slope * logits_of(scores) + offset)


def contract_of(model: ModelFile, kind: type[C]) -> C:
    """Return the contract of a model file, which must be of one kind.

    Raises:
        ValueError: The contract is of another kind.
    """
    if not isinstance(model.contract, kind):
        got = type(model.contract).__name__
        raise ValueError(f'{model.path} has a {got}, expected a {kind.__name__}')
    return model.contract


Session = NetworkSession | CropSession | JawEvaluator | CupEvaluator


def open_session(path: Path, gripper: GripperKind | None = None, threads: int = 2) -> Session:
    """Load a model file of any kind; `gripper` is the expected kind of gripper, None for any.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, has no contract that this runtime supports, does not
            match its contract, or is for another gripper.
    """
    model = open_model(path, gripper, threads)
    if isinstance(model.contract, JawEvaluatorContract):
        return JawEvaluator(model)
    if isinstance(model.contract, CupEvaluatorContract):
        return CupEvaluator(model)
    crops = isinstance(model.contract, CropContract)
    return CropSession(model) if crops else NetworkSession(model)
