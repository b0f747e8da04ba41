"""Server process for a graph quantised by the vendor's tools, run by their Python.

    python vendor_server.py ROUNDED_ONNX

The process writes frames to stdout: first a JSON text with the shape of each input and output,
then one frame of outputs for each frame of inputs on stdin. It exits at the end of stdin. The
program imports nothing of this project, which is not installed in that environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
import io
import json
import os
import struct
import sys
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_LENGTH = struct.Struct('<Q')
_LONGEST = 1 << 30


def send(stream: BinaryIO, text: bytes) -> None:
    """Write one frame: its length in bytes, then the bytes."""
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """Return the bytes of the next frame.

    Raises:
        EOFError: The stream ended.
        ValueError: The data are no frame.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > _LONGEST:
        raise ValueError(f'frame of {length} bytes, expected at most {_LONGEST}')
    return _exactly(stream, length)


def packed(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Encode named arrays as the bytes of a frame."""
    buffer = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez(buffer, **named)
    return buffer.getvalue()


def unpacked(text: bytes) -> dict[str, NDArray[Any]]:
    """Decode the named arrays of a frame."""
    with np.load(io.BytesIO(text), allow_pickle=False) as arrays:
        return dict(arrays)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    text = stream.read(length)
    if len(text) < length:
        raise EOFError(f'the stream ended after {len(text)} of {length} bytes')
    return text


def _serve(path: str, requests: BinaryIO, responses: BinaryIO) -> None:
    """Run the graph for each request until the stream ends."""
    runtime = import_module('horizon_tc_ui').HB_ONNXRuntime(model_file=path)
    outputs = list(runtime.output_names)
    rows = runtime.output_shapes[0][0]  # runtime.input_shapes has no batch size
    shapes = [[rows, *shape[1:]] for shape in runtime.input_shapes]
    inputs = dict(zip(runtime.input_names, shapes))  # noqa: B905
    results = dict(zip(outputs, runtime.output_shapes))  # noqa: B905
    send(responses, json.dumps({'inputs': inputs, 'outputs': results}).encode())
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        arrays = runtime.run(outputs, unpacked(request))
        send(responses, packed(dict(zip(outputs, arrays))))  # noqa: B905


def main() -> None:
    """Serve the graph given on the command line; output of the tools goes to stderr."""
    responses = os.fdopen(os.dup(1), 'wb')
    os.dup2(2, 1)
    _serve(sys.argv[1], sys.stdin.buffer, responses)


if __name__ == '__main__':
    main()
