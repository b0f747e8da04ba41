"""Graphs quantised by the vendor's tools for the RDK X5, run in a process on a PC.

The process uses the vendor's integer arithmetic and needs no board.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
from pathlib import Path
import subprocess
from threading import Timer
import time
from typing import BinaryIO, cast

from dexnet_core.export.x5.toolchain import compiled_folder
from dexnet_core.export.x5.vendor_log import last_error
from dexnet_core.export.x5.vendor_server import packed, receive, send, unpacked
from dexnet_core.export.x5.vendor_tools import environment, ToolError, Tools
from dexnet_core.planning.networks.graph import Arrays, Shape
import numpy as np
from numpy.typing import NDArray

_LIMIT = 120.0
"""Time limit in seconds for loading a graph, and for each run."""
_SERVER = Path(__file__).with_name('vendor_server.py')


class VendorGraph:
    """A quantised graph with the interface of any graph; `close` ends its process.

    Attributes:
        output_shapes: Shape of each output by name, in order.
    """

    def __init__(self, path: Path, tools: Tools, limit: float = _LIMIT) -> None:
        """Start the process.

        Args:
            path: ONNX file that `hb_mapper makertbin` wrote, see `rounded_file`.
            tools: The vendor's tools.
            limit: Time limit in seconds for loading, and for each run.

        Raises:
            FileNotFoundError: The file does not exist.
            ToolError: The graph cannot be loaded within the time limit.
        """
        if not path.is_file():
            raise FileNotFoundError(f'quantised graph {path} does not exist: compile it first')
        self._log, self._limit = path.with_name('server.log'), limit
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                [str(tools.commands / 'python'), str(_SERVER), str(path.resolve())],
                cwd=path.parent,
                env=environment(tools.commands),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        stdin, stdout = self._process.stdin, self._process.stdout
        self._pipes = cast('BinaryIO', stdin), cast('BinaryIO', stdout)
        shapes = json.loads(self._response())
        self.inputs: Mapping[str, Shape] = {n: tuple(s) for n, s in shapes['inputs'].items()}
        self.output_shapes: Mapping[str, Shape] = {
            n: tuple(s) for n, s in shapes['outputs'].items()
        }
        self.outputs: Sequence[str] = list(self.output_shapes)

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Run the graph: all inputs in, all outputs out, in order.

        Raises:
            ToolError: The process failed or timed out; it is ended.
        """
        arrays = unpacked(self._response(packed(dict(zip(self.inputs, inputs, strict=True)))))
        return [arrays[name] for name in self.outputs]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    def _response(self, request: bytes | None = None) -> bytes:
        """Send a request, if given, and return the next frame."""
        began, late = time.monotonic(), Timer(self._limit, self._process.kill)
        late.start()
        try:
            if request is not None:
                send(self._pipes[0], request)
            return receive(self._pipes[1])
        except (EOFError, OSError, ValueError) as error:
            raise ToolError(self._why(time.monotonic() - began >= self._limit)) from error
        finally:
            late.cancel()

    def _why(self, is_late: bool) -> str:
        self._process.kill()
        self._process.wait()
        error = last_error(self._log.read_text(errors='replace'))
        why = f'timed out after {self._limit:g} s' if is_late else f'failed: {error or "unknown"}'
        return f'the quantised graph {why}, see {self._log}'


def rounded_file(compiled: Path) -> Path:
    """Return the vendor's quantised ONNX file that belongs to a compiled file."""
    return compiled_folder(compiled) / f'{compiled.stem}_quantized_model.onnx'
