"""Graphs that the toolchain of the RDK X5 compiled, run by the module that its system brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from dexnet_core.runtime.graph import Arrays, Shape
import numpy as np
from numpy.typing import NDArray

SUFFIX = '.bin'
"""Of the files that `hb_mapper makertbin` writes."""
_MODULE = 'hbm_runtime'


class HbmGraph:
    """A compiled graph on the board; the first model of its file."""

    def __init__(self, path: Path) -> None:
        """Load a file.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: There is no hbm_runtime here, or it does not take the file.
        """
        if not path.is_file():
            raise FileNotFoundError(f'compiled graph {path} does not exist')
        runtime = _module(path)
        try:
            self._runtime = runtime.HB_HBMRuntime(str(path))
            self._model = self._runtime.model_names[0]
        except Exception as error:  # what the vendor's module raises is not documented
            raise ValueError(f'{path} is not a graph that {_MODULE} can load: {error}') from error
        shapes = self._runtime.input_shapes[self._model]
        names = self._runtime.input_names[self._model]
        self.inputs: Mapping[str, Shape] = {name: tuple(shapes[name]) for name in names}
        self.outputs: Sequence[str] = list(self._runtime.output_names[self._model])

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order."""
        given = zip(self.inputs, map(np.ascontiguousarray, inputs), strict=True)
        answers = self._runtime.run({self._model: dict(given)})[self._model]
        return [np.asarray(answers[name]) for name in self.outputs]


def _module(path: Path) -> object:
    try:
        return import_module(_MODULE)
    except ImportError as error:
        raise ValueError(
            f'{path} is for the RDK X5: there is no module {_MODULE} here, which RDK OS 3.5.0 or '
            'later brings; elsewhere, load the ONNX file beside it'
        ) from error
