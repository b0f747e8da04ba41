"""Parser of the log of the vendor's compiler for the RDK X5.

The log has a table of nodes and a table of outputs, with columns separated by two spaces or more,
and an estimate for each BPU subgraph. The format is that of hb_mapper 1.24.3.
"""

from __future__ import annotations

from collections.abc import Iterator
import re
from typing import NamedTuple

_NUMBER = r'([0-9.]+(?:e[+-]?\d+)?)'
_ESTIMATE = re.compile(rf'FPS *= *{_NUMBER}, latency = {_NUMBER} us, DDR = (\d+) bytes')
_NODES, _OUTPUTS = 'The main quantized node information:', 'The quantized model output:'
_PERCENT = re.compile(r'\] *(\d+)%')
_STAGE = re.compile(r'Start to (\w+) (?:the|with) ')
_ERROR = re.compile(r'^(?:\S+ \S+ \S*ERROR\S* |\w*Error: )(.+)$', re.MULTILINE)
_STAMP = re.compile(r'\d{4}-\d\d-\d\d ')
_COLUMNS = re.compile(r' {2,}')


class CompiledNode(NamedTuple):
    """A node of a compiled graph.

    Attributes:
        name: Name of the node.
        device: BPU or CPU.
        cosine: Cosine similarity of its output to float32 on the calibration samples; None if
            not measured.
        bits: Data type, such as int8; '' if the log has none.
    """

    name: str
    device: str
    cosine: float | None
    bits: str


class CompiledOutput(NamedTuple):
    """An output of a compiled graph.

    Attributes:
        name: Name of the output.
        cosine: Cosine similarity to float32 on the calibration samples.
    """

    name: str
    cosine: float


class CompilerLog(NamedTuple):
    """Contents of a compiler log.

    Attributes:
        nodes: In the order of the log.
        outputs: In the order of the log.
        parts: Number of BPU subgraphs.
        milliseconds: Estimated time of all BPU subgraphs.
        traffic: Estimated memory traffic of all BPU subgraphs, bytes.
    """

    nodes: tuple[CompiledNode, ...]
    outputs: tuple[CompiledOutput, ...]
    parts: int
    milliseconds: float
    traffic: int

    def count(self, device: str) -> int:
        """Return the number of nodes on a device."""
        return sum(node.device == device for node in self.nodes)


def read_log(text: str) -> CompilerLog:
    """Parse a log of `hb_mapper makertbin`.

    Raises:
        ValueError: The estimate or a table is missing, or a row cannot be parsed.
    """
    estimates = _ESTIMATE.findall(text)
    nodes = tuple(_node(row) for row in _rows(text, _NODES))
    outputs = tuple(_output(row) for row in _rows(text, _OUTPUTS))
    parts = (('estimate', estimates), ('table of nodes', nodes), ('table of outputs', outputs))
    missing = [name for name, found in parts if not found]
    if missing:
        raise ValueError(
            f'the log has no {" and no ".join(missing)}, expected a log of hb_mapper 1.24.3'
        )
    return CompilerLog(
        nodes,
        outputs,
        len(estimates),
        sum(float(us) for _, us, _ in estimates) / 1000,
        sum(_batch(fps, us) * int(moved) for fps, us, moved in estimates),
    )


def _batch(per_second: str, microseconds: str) -> int:
    """Return the batch size; the log gives the memory traffic per batch element."""
    return max(1, round(float(per_second) * float(microseconds) / 1e6))


def progress_of(text: str) -> str:
    """Return the progress of a tool from its output so far: stage and percent."""
    stages = list(_STAGE.finditer(text))
    if not stages:
        return 'start'
    percents = _PERCENT.findall(text, stages[-1].end())
    stage = stages[-1].group(1)
    return f'{stage} {percents[-1]}%' if percents else stage


def last_error(text: str) -> str:
    """Return the last error message of a log; '' if there is none."""
    errors = _ERROR.findall(text)
    return errors[-1].rpartition('error message: ')[2].strip(' .') if errors else ''


def _rows(text: str, title: str) -> Iterator[list[str]]:
    """Yield the cells of each row; a table is title, rule, column names, rule, rows."""
    lines = text.partition(title)[2].splitlines()[1:]
    for line in lines[3:]:
        cells = _COLUMNS.split(line.strip())
        if _STAMP.match(line) or len(cells) < 2:
            return
        yield cells


def _node(row: list[str]) -> CompiledNode:
    """Parse a row: name, device, subgraph, type and, if measured, cosine, threshold, bits."""
    measured = row[4:]
    cosine = _cosine(measured[0], row) if measured else None
    return CompiledNode(row[0], row[1], cosine, measured[2] if len(measured) > 2 else '')


def _output(row: list[str]) -> CompiledOutput:
    cosine = _cosine(row[1], row)
    if cosine is None:
        raise ValueError(f'output {row[0]} has no similarity in the log')
    return CompiledOutput(row[0], cosine)


def _cosine(text: str, row: list[str]) -> float | None:
    if text == '--':
        return None
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f'the log has similarity {text!r} of {row[0]}, not 0..1') from error
