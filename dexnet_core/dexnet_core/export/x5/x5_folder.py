"""Folder with all files that the RDK X5 toolchain needs to compile a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.x5.check_report import check_lines, summary_lines
from dexnet_core.export.x5.graph_check import Check, check_file
from dexnet_core.export.x5.toolchain import BoardNetwork, compiled_folder, MARCH, write_network
from dexnet_core.io.files.atomic import write_text

REPORT = 'report.md'
_README = """# {title} for the RDK X5

Written for the toolchain of the X5 (`hb_mapper`, march {march}). All graphs were checked
statically against its operator list; nothing was run on a board. [{report}]({report}) has the
check of every node and the simulated effect of 8-bit rounding on grasps. After `dexnet export
--compile` it also has the results of the compiler, and after `dexnet compare-x5` the grasps of
the compiled graphs compared with float32.

To compile by hand, run in this folder, on an x86-64 machine with the tools of
`tools/x5_toolchain.sh` or in the container `openexplorer/ai_toolchain_ubuntu_20_x5_cpu:v1.2.8`:

```bash
{commands}
```

Copy these files to the board, into one folder:

```bash
{copies}
```

On the board, with RDK OS 3.5.0 or later (which includes the module `hbm_runtime`):

```bash
{use}
```

| file | content |
|---|---|
| `*.onnx` | graphs in opset 11 with fixed input sizes; ONNX Runtime can run them too |
| `*.yaml` | settings of `hb_mapper makertbin` |
| `calibration/GRAPH/INPUT_f32/*.bin` | samples: float32 without a header, in the input's shape |
| `{contract}` | contract of the network; a compiled file cannot contain it |
"""


class Export(NamedTuple):
    """Contents of an X5 folder.

    Attributes:
        title: Title of the README.
        networks: The graphs.
        contract: Name and text of the contract file.
        use: Command that uses the compiled files on the board.
    """

    title: str
    networks: Sequence[BoardNetwork]
    contract: tuple[str, str]
    use: str


def write_folder(folder: Path, export: Export) -> list[Check]:
    """Write graphs, YAML files, samples, contract, README and report.

    Returns:
        The check of each graph.

    Raises:
        ValueError: A graph is refused, or has no samples.
    """
    checks = [check_file(write_network(folder, network)) for network in export.networks]
    write_text(folder / export.contract[0], export.contract[1])
    write_text(folder / 'README.md', _readme(export))
    write_text(folder / REPORT, _report(export.title, checks))
    refused = [check.path.name for check in checks if not check.is_accepted]
    if refused:
        raise ValueError(f'{", ".join(refused)} would be refused, see {folder / REPORT}')
    return checks


def add_to_report(folder: Path, heading: str, lines: Sequence[str]) -> None:
    """Add a section to the report of a folder."""
    report = folder / REPORT
    write_text(report, '\n'.join([report.read_text(), f'## {heading}', '', *lines, '']))


def _readme(export: Export) -> str:
    names = [network.name for network in export.networks]
    make, check = 'hb_mapper makertbin --model-type onnx', 'hb_mapper checker --model-type onnx'
    commands = [
        line
        for name in names
        for line in (
            f'{check} --march {MARCH} --model {name}.onnx',
            f'{make} --config {name}.yaml',
            f'cp {compiled_folder(Path(name))}/{name}.bin .',
        )
    ]
    compiled = ' '.join(f'{name}.bin' for name in names)
    return _README.format(
        title=export.title,
        march=MARCH,
        report=REPORT,
        commands='\n'.join(commands),
        copies=f'scp {compiled} {export.contract[0]} BOARD:grasping/',
        use=export.use,
        contract=export.contract[0],
    )


def _report(title: str, checks: Sequence[Check]) -> str:
    lines = [f'# {title}: static check', '']
    for check in checks:
        lines += [f'## {check.path.name}', '', *(f'- {line}' for line in summary_lines(check)), '']
        lines += ['```', *check_lines(check), '```', '']
    return '\n'.join(lines)
