"""Graphs that the vendor's tools rounded for the RDK X5, run by them as processes on a PC.

The integer arithmetic is the vendor's own, without a board.
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
"""Seconds for a graph to be loaded, or to answer."""
_SERVER = Path(__file__).with_name('vendor_server.py')


class VendorGraph:
    """A rounded graph, with the call of any graph; ends with `close`.

    Attributes:
        answers: Shape of each output by name, in order.
    """

    def __init__(self, path: Path, tools: Tools, limit: float = _LIMIT) -> None:
        """Start the process.

        Args:
            path: ONNX file that `hb_mapper makertbin` wrote, see `rounded_file`.
            tools: Of the vendor.
            limit: Seconds to be loaded, and then for each answer.

        Raises:
            FileNotFoundError: There is no such file.
            ToolError: The graph cannot be loaded, or not in time.
        """
        if not path.is_file():
            raise FileNotFoundError(f'rounded graph {path} does not exist: compile it first')
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
        said = json.loads(self._answer())
        self.inputs: Mapping[str, Shape] = {name: tuple(s) for name, s in said['inputs'].items()}
        self.answers: Mapping[str, Shape] = {n: tuple(s) for n, s in said['outputs'].items()}
        self.outputs: Sequence[str] = list(self.answers)

    def run(self, *inputs: NDArray[np.float32]) -> Arrays:
        """Return all outputs for all inputs, in order.

        Raises:
            ToolError: The process failed or was not done in time; it is ended.
        """
        said = unpacked(self._answer(packed(dict(zip(self.inputs, inputs, strict=True)))))
        return [said[name] for name in self.outputs]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            pipe.close()

    def _answer(self, request: bytes | None = None) -> bytes:
        """Return the next frame, after a request if there is one."""
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
        said = last_error(self._log.read_text(errors='replace'))
        why = f'was not done in {self._limit:g} s' if is_late else f'failed: {said or "no reason"}'
        return f'the rounded graph {why}, see {self._log}'


def rounded_file(compiled: Path) -> Path:
    """Return the ONNX file with the vendor's rounding of a compiled file."""
    return compiled_folder(compiled) / f'{compiled.stem}_quantized_model.onnx'
