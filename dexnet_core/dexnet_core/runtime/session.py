"""A model file and the ONNX Runtime session that runs it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from dexnet_core.contract import contract_from_json, METADATA_KEY, ModelContract
from dexnet_core.grasp import Gripper
from dexnet_core.perception.metric_view import CHANNELS
import numpy as np
from numpy.typing import NDArray
import onnxruntime


class NetworkSession:
    """A loaded network: metric view in, quality of its cells out.

    Attributes:
        contract: How the network must be fed and read.
    """

    def __init__(self, path: Path, gripper: Gripper, threads: int = 2) -> None:
        """Load a model file.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: The file is damaged, carries no contract that this runtime understands,
                or is for another gripper.
        """
        if not path.is_file():
            raise FileNotFoundError(f'model file {path} does not exist')
        self._session = _open(path, threads)
        metadata = self._session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise ValueError(f'{path} carries no {METADATA_KEY}: it is not a grasp network')
        try:
            self.contract: ModelContract = contract_from_json(metadata[METADATA_KEY])
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        if self.contract.gripper != gripper.value:
            got, wanted = self.contract.gripper, gripper.value
            raise ValueError(f'{path} is for gripper {got}, expected {wanted}')
        if gripper is Gripper.SUCTION and not self.contract.cup_radius > 0:
            raise ValueError(f'{path} is for a cup of radius 0, expected > 0')
        if gripper is Gripper.PARALLEL_JAW and self.contract.jaw is None:
            raise ValueError(f'{path} does not say what its channels mean for a parallel jaw')
        self._input = self._input_name(path)
        self._require_output(path)

    def _input_name(self, path: Path) -> str:
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != CHANNELS:
            got = [item.shape for item in inputs]
            raise ValueError(f'{path} has inputs {got}, expected one of (1, {CHANNELS}, H, W)')
        return inputs[0].name

    def _require_output(self, path: Path) -> None:
        """Run once on an empty view and compare the output with the contract."""
        side = self.contract.multiple
        try:
            got = self.run(np.zeros((1, CHANNELS, side, 2 * side), np.float32)).shape
        except Exception as error:  # ONNX Runtime has no common base
            raise ValueError(f'{path} cannot be run: {str(error).splitlines()[0]}') from error
        channels = self.contract.jaw.channels if self.contract.jaw else 1
        stride = self.contract.stride
        wanted = (channels, side // stride, 2 * side // stride)
        if got != wanted:
            raise ValueError(f'{path} answers with {got} cells, its contract says {wanted}')

    def run(self, view: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map a (1, CHANNELS, H, W) metric view to (channels, h, w) quality in [0, 1]."""
        return self._session.run(None, {self._input: view})[0][0]


def _open(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers = ['CPUExecutionProvider']
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime has no common base of its errors
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} is not a model that can be loaded: {reason}') from error


def shipped_model(gripper: Gripper) -> Path:
    """Return the path of the weights that ship with the package."""
    return Path(str(files('dexnet_core'))) / 'weights' / f'{gripper.value}.onnx'
