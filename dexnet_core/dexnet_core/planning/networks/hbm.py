"""Graphs compiled by the toolchain of the RDK X5, run by the Python module of its system.

Names and types follow the type stubs of `hbm_runtime` and the vendor's samples for RDK OS 3.5. The
properties of tensors are indexed by model, then by tensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from dexnet_core.planning.networks.graph import Arrays, Shape
import numpy as np
from numpy.typing import NDArray

SUFFIX = '.bin'
"""Suffix of the files that `hb_mapper makertbin` writes."""
MODULE = 'hbm_runtime'
_FLOAT32 = 'F32'


class HbmGraph:
    """A compiled graph on the board."""

    def __init__(self, path: Path) -> None:
        """Load a file.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: hbm_runtime is not installed or cannot load the file, or the file holds
                several models or inputs or outputs that are not float32.
        """
        if not path.is_file():
            raise FileNotFoundError(f'compiled graph {path} does not exist')
        runtime = _module(path)
        try:
            self._runtime = runtime.HB_HBMRuntime(str(path))
            models = list(self._runtime.model_names)
        except Exception as error:  # what the vendor's module raises is not documented
            raise ValueError(f'{path} is not a graph that {MODULE} can load: {error}') from error
        if len(models) != 1:
            raise ValueError(f'{path} holds models {models}, expected one')
        (self._model,) = models
        self.inputs: Mapping[str, Shape] = self._shapes('input')
        self._output_shapes = self._shapes('output')
        self.outputs: Sequence[str] = list(self._output_shapes)
        self._path = path
        self._require_float32('input')
        self._require_float32('output')

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order.

        Raises:
            ValueError: An input or output has another shape than in the file.
        """
        feed = {
            name: np.ascontiguousarray(array, np.float32)
            for name, array in zip(self.inputs, inputs, strict=True)
        }
        self._require(feed, self.inputs)
        results = self._runtime.run({self._model: feed})[self._model]
        # Copied, because the module may reuse its memory in the next run.
        outputs = {name: np.array(results[name], np.float32) for name in self.outputs}
        self._require(outputs, self._output_shapes)
        return list(outputs.values())

    def _shapes(self, which: str) -> dict[str, tuple[int, ...]]:
        """Return the shape of each input or output by name, in order."""
        shapes = getattr(self._runtime, f'{which}_shapes')[self._model]
        names = getattr(self._runtime, f'{which}_names')[self._model]
        return {name: tuple(map(int, shapes[name])) for name in names}

    def _require_float32(self, which: str) -> None:
        """Raise ValueError unless inputs or outputs are float32."""
        types = getattr(self._runtime, f'{which}_dtypes')[self._model]
        for name, kind in types.items():
            got = str(getattr(kind, 'name', kind)).rpartition('.')[2]
            if got != _FLOAT32:
                raise ValueError(
                    f'{self._path}: {which} {name} is {got}, expected {_FLOAT32}: compile the '
                    'graph by `dexnet export --target x5 --compile`'
                )

    def _require(
        self, arrays: Mapping[str, NDArray[np.float32]], shapes: Mapping[str, Shape]
    ) -> None:
        got = {name: array.shape for name, array in arrays.items()}
        if got != shapes:
            raise ValueError(f'inputs or outputs of {self._path} are {got}, expected {shapes}')


def _module(path: Path) -> ModuleType:
    try:
        return import_module(MODULE)
    except ImportError as error:
        raise ValueError(
            f'{path} is for the RDK X5: there is no module {MODULE}, which is part of RDK OS '
            '3.5.0 or later; on other machines, load the ONNX file beside it'
        ) from error
