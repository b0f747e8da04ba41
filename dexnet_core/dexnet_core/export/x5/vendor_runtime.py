"""Replacement of the board's module `hbm_runtime` on a PC, with the vendor's arithmetic.

Programs load a compiled file as on the board. The quantised graph that the compiler left beside
the file is run instead, so the times are not those of the board.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
import sys
from types import ModuleType

from dexnet_core.export.x5.vendor_graph import rounded_file, VendorGraph
from dexnet_core.export.x5.vendor_tools import Tools
from dexnet_core.planning.networks.hbm import MODULE
import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.float32]]


class VendorRuntime:
    """The interface of `HB_HBMRuntime`, for one file with one model."""

    def __init__(self, path: Path, tools: Tools) -> None:
        """Load the quantised graph of a compiled file, or of a link to one.

        Raises:
            FileNotFoundError: The file has no quantised graph beside it.
            ToolError: The tools cannot load it.
        """
        compiled = path.resolve()
        name = compiled.stem
        self._graph = VendorGraph(rounded_file(compiled), tools)
        inputs, outputs = self._graph.inputs, self._graph.outputs
        self.model_names = [name]
        self.input_names, self.output_names = {name: list(inputs)}, {name: list(outputs)}
        self.input_shapes = {name: {key: list(shape) for key, shape in inputs.items()}}
        shapes = self._graph.output_shapes.items()
        self.output_shapes = {name: {key: list(shape) for key, shape in shapes}}
        self.input_dtypes = {name: dict.fromkeys(inputs, 'F32')}
        self.output_dtypes = {name: dict.fromkeys(outputs, 'F32')}

    def run(self, given: Mapping[str, Tensors]) -> Mapping[str, Tensors]:
        """Run the model: {model: {input name: array}} in, {model: {output name: array}} out."""
        (model,) = self.model_names
        arrays = self._graph.run(*(given[model][name] for name in self._graph.inputs))
        return {model: dict(zip(self._graph.outputs, arrays, strict=True))}

    def close(self) -> None:
        """End the process."""
        self._graph.close()


@contextmanager
def board_on_pc(tools: Tools) -> Iterator[None]:
    """Load compiled files with the vendor's tools in this context, as on the board."""
    opened: list[VendorRuntime] = []

    def opening(path: str) -> VendorRuntime:
        opened.append(VendorRuntime(Path(path), tools))
        return opened[-1]

    module, before = ModuleType(MODULE), sys.modules.get(MODULE)
    vars(module)['HB_HBMRuntime'] = opening
    sys.modules[MODULE] = module
    try:
        yield
    finally:
        sys.modules.pop(MODULE)
        if before is not None:
            sys.modules[MODULE] = before
        for runtime in opened:
            runtime.close()
