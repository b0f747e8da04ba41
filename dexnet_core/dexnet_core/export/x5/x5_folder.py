"""A folder with all that the toolchain of the RDK X5 needs to compile a network."""

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

Written for the toolchain of the X5 (`hb_mapper`, march {march}). Everything here was checked
statically against its list of operators; nothing was run on a board. [{report}]({report}) has the
check of every node, what rounding to 8 bits was simulated to cost, and, where `dexnet export
--compile` has compiled the graphs, what the compiler said; `dexnet compare-x5` adds what the
compiled graphs cost in grasps.

The same by hand, in this folder, on an x86-64 machine with the tools of `tools/x5_toolchain.sh`
or in the container `openexplorer/ai_toolchain_ubuntu_20_x5_cpu:v1.2.8`:

```bash
{commands}
```

Copy to the board, into one folder:

```bash
{copies}
```

There, with RDK OS 3.5.0 or later (which brings the module `hbm_runtime`):

```bash
{use}
```

| file | what it is |
|---|---|
| `*.onnx` | graphs in opset 11 with inputs of one size; ONNX Runtime takes them as well |
| `*.yaml` | settings of `hb_mapper makertbin` |
| `calibration/GRAPH/INPUT_f32/*.bin` | samples: float32 without a header, in the input's shape |
| `{contract}` | how the network is fed and read; a compiled file cannot carry it |
"""


class Export(NamedTuple):
    """What is written.

    Attributes:
        title: Of the README.
        networks: The graphs.
        contract: Name of the file of the contract, and its text.
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
        ValueError: Something is refused, or there are no samples.
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
