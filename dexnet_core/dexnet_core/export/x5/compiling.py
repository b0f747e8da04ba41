"""Compilation of graphs for the RDK X5 with the vendor's tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.x5.toolchain import compiled_folder, MARCH
from dexnet_core.export.x5.vendor_log import CompilerLog, read_log
from dexnet_core.export.x5.vendor_tools import run_tool, ToolError, Tools
from dexnet_core.io.files.atomic import copy_file
from dexnet_core.io.files.markdown import markdown_table

_COLUMNS = ('graph', 'BPU nodes', 'CPU nodes', 'parts', 'similarity', 'ms', 'MB moved', 'kB')


class Compiled(NamedTuple):
    """A compiled graph.

    Attributes:
        path: Path of the compiled file.
        size: Size of the compiled file in bytes.
        log: Contents of the compiler's log.
    """

    path: Path
    size: int
    log: CompilerLog


def compile_graph(
    graph: Path, tools: Tools, limit: float, show: Callable[[str], None]
) -> Compiled:
    """Check and compile an exported graph, and write the compiled file beside it.

    Args:
        graph: ONNX file with its YAML and calibration samples beside it.
        tools: The vendor's tools.
        limit: Time limit in seconds for each of the two steps.
        show: Callback for progress texts.

    Raises:
        ValueError: A step failed or timed out; the message has the path of its log.
    """
    folder = compiled_folder(graph)
    folder.mkdir(exist_ok=True)
    work, result = folder / graph.with_suffix('.bin').name, graph.with_suffix('.bin')
    for stale in (work, result):
        stale.unlink(missing_ok=True)
    onnx = ('--model-type', 'onnx')
    check = tools.command('checker', *onnx, '--march', MARCH, '--model', f'../{graph.name}')
    run_tool(check, folder / 'checker.log', limit, lambda text: show(f'check: {text}'))
    log = folder / 'makertbin.log'
    make = tools.command('makertbin', *onnx, '--config', f'../{graph.stem}.yaml')
    text = run_tool(make, log, limit, show)
    if not work.is_file():
        raise ToolError(f'hb_mapper makertbin wrote no {work}, see {log}')
    facts = _read(text, log)
    copy_file(work, result)
    return Compiled(result, result.stat().st_size, facts)


def compiled_lines(compiled: Sequence[Compiled], tools: Tools) -> list[str]:
    """Return a Markdown table of the compiled graphs, with an explanation of its columns."""
    lines = markdown_table(_COLUMNS, map(_row, compiled)).splitlines()
    if len(compiled) > 1:
        total = sum(graph.log.milliseconds for graph in compiled)
        lines += ['', f'All graphs together: {total:.1f} ms.']
    on_cpu = [n for graph in compiled for n in graph.log.nodes if n.device != 'BPU']
    named = ', '.join(node.name for node in on_cpu)
    if named:
        lines += ['', f'Not on the BPU: {named}.']
    return [
        *lines,
        '',
        f'Compiled by hb_mapper {tools.version}. Similarity is the cosine similarity of each'
        ' output to float32 on the calibration samples. ms and MB moved are estimates of the'
        ' compiler for the BPU alone. Nothing was run on a board.',
    ]


def _row(graph: Compiled) -> tuple[str | int, ...]:
    log = graph.log
    similarity = ', '.join(f'{output.name} {output.cosine:.5f}' for output in log.outputs)
    return (
        graph.path.stem,
        log.count('BPU'),
        log.count('CPU'),
        log.parts,
        similarity,
        f'{log.milliseconds:.1f}',
        f'{log.traffic / 1e6:.1f}',
        f'{graph.size / 1e3:.0f}',
    )


def _read(text: str, log: Path) -> CompilerLog:
    try:
        return read_log(text)
    except ValueError as error:
        raise ToolError(f'{error}, see {log}') from error
