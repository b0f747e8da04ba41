"""A model file: an ONNX graph that says in its metadata how it must be fed and read."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from dexnet_core.contract import Contract, contract_from_json, METADATA_KEY
from dexnet_core.grasp import Gripper
import numpy as np
from numpy.typing import NDArray
import onnxruntime


class ModelFile(NamedTuple):
    """An opened model file.

    Attributes:
        path: Where it is.
        contract: How the network must be fed and read.
        session: What runs it.
    """

    path: Path
    contract: Contract
    session: onnxruntime.InferenceSession

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs, in order."""
        return [item.name for item in self.session.get_inputs()]

    def require_inputs(self, *channels: int) -> None:
        """Raise ValueError unless the inputs have these sizes along their second axis."""
        got = [item.shape for item in self.session.get_inputs()]
        if [shape[1] if len(shape) > 1 else None for shape in got] != list(channels):
            raise ValueError(f'{self.path} has inputs {got}, expected {channels} channels')

    def run(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the first output."""
        return self.session.run(None, dict(zip(self.inputs, inputs, strict=True)))[0]

    def require_output(self, shape: tuple[int, ...], *inputs: NDArray[np.float32]) -> None:
        """Run once and raise ValueError unless that works and gives an output of a shape."""
        try:
            got = self.run(*inputs).shape
        except Exception as error:  # ONNX Runtime has no common base of its errors
            raise ValueError(f'{self.path} cannot be run: {str(error).splitlines()[0]}') from error
        if got != shape:
            raise ValueError(f'{self.path} answers with {got}, its contract says {shape}')


def open_model(path: Path, gripper: Gripper | None = None, threads: int = 2) -> ModelFile:
    """Open a model file for a gripper, or for any.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, carries no contract that this runtime understands, or is
            for another gripper.
    """
    if not path.is_file():
        raise FileNotFoundError(f'model file {path} does not exist')
    session = start_session(path, threads)
    metadata = session.get_modelmeta().custom_metadata_map
    if METADATA_KEY not in metadata:
        raise ValueError(f'{path} carries no {METADATA_KEY}: it is not a grasp network')
    try:
        contract = contract_from_json(metadata[METADATA_KEY])
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    if gripper and contract.gripper != gripper.value:
        raise ValueError(f'{path} is for gripper {contract.gripper}, expected {gripper.value}')
    if contract.gripper == Gripper.SUCTION.value and not contract.cup_radius > 0:
        raise ValueError(f'{path} is for a cup of radius 0, expected > 0')
    return ModelFile(path, contract, session)


def start_session(path: Path, threads: int, spinning: bool = True) -> onnxruntime.InferenceSession:
    """Load a graph for the CPU.

    Args:
        path: Of the ONNX file.
        threads: That compute together.
        spinning: Whether idle threads wait busily, which is quickest where nothing else runs.

    Raises:
        ValueError: The file is damaged or no graph.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry('session.intra_op.allow_spinning', str(int(spinning)))
    providers = ['CPUExecutionProvider']
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime has no common base of its errors
        reason = str(error).splitlines()[0]
        raise ValueError(f'{path} is not a model that can be loaded: {reason}') from error


def shipped_model(gripper: Gripper) -> Path:
    """Return the path of the weights that ship with the package."""
    return Path(str(files('dexnet_core'))) / 'weights' / f'{gripper.value}.onnx'
