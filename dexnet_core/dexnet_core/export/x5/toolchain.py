"""What the toolchain of the RDK X5 is given: a YAML file and raw samples for each graph.

Source of keys and formats: D-Robotics, rdk_x_doc, description of `hb_mapper makertbin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.x5.graph_facts import graph_facts, Value
from dexnet_core.io.files.atomic import atomic_path, write_text
import numpy as np
from numpy.typing import NDArray
import onnx
import yaml

MARCH = 'bayes-e'
"""The processor of the RDK X5, as the toolchain calls it."""

OPTIMISATION = 'O2'
"""Level of the compiler. O2 takes minutes for a network of views, whose time on the BPU it cuts to
a third of that of O1, which takes seconds; O3 was not done after 8 minutes."""

CALIBRATION = 'max'
"""How the toolchain chooses ranges. Its default takes those nearest to float32 in the mean, which
may cut off the greatest numbers: those that tell the best grasp from a good one."""

EVERY = 'all'
"""Instead of the name of a node: every one."""

_WIDE = {'ON': 'BPU', 'InputType': 'int16'}
_WIDENED = ('Add', 'Conv', 'MaxPool', 'Resize')

Sample = tuple[NDArray[np.float32], ...]


class BoardNetwork(NamedTuple):
    """A graph for the board.

    Attributes:
        name: Of its files.
        model: In the form that the toolchain takes.
        samples: What it is shown at work: one array per input each, of the input's shape.
        fine_outputs: Whether outputs are as fine as the board can give them, 32 bits, else 16.
            More bits are more memory traffic; 16 cut off what exceeds the range in the samples.
        wide: Names of nodes that read numbers of 16 bits, as `wide_nodes` tells them; more is
            slower.
    """

    name: str
    model: onnx.ModelProto
    samples: Sequence[Sample]
    fine_outputs: bool = True
    wide: Sequence[str] = ()

    @property
    def inputs(self) -> tuple[Value, ...]:
        """What goes in."""
        return graph_facts(self.model).inputs


def wide_nodes(
    models: Mapping[str, onnx.ModelProto], parts: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the nodes of each graph that have one of some texts in them.

    Args:
        models: Graphs by name.
        parts: The texts; EVERY for every node that can read 16 bits.

    Raises:
        ValueError: No node has one of the texts.
    """
    found: dict[str, tuple[str, ...]] = {}
    unused = set(parts) - {EVERY}
    for graph, model in models.items():
        names = [node.name for node in model.graph.node if node.op_type in _WIDENED]
        hits = {part: [n for n in names if part == EVERY or part in n] for part in parts}
        unused -= {part for part, named in hits.items() if named}
        found[graph] = tuple(n for n in names if any(n in named for named in hits.values()))
    if unused:
        known = ', '.join(n.name for model in models.values() for n in model.graph.node if n.name)
        raise ValueError(f'no node is called {", ".join(sorted(unused))}, there are {known}')
    return found


def write_network(folder: Path, network: BoardNetwork) -> Path:
    """Write the graph, its YAML file and its calibration samples; return the graph's path.

    A compiled file of the same name, which is of another graph, is removed.

    Samples are one file each of little-endian float32 numbers without a header, row by row.

    Raises:
        ValueError: There is no sample, or one does not fit the inputs.
    """
    path = folder / f'{network.name}.onnx'
    inputs = network.inputs
    _require_samples(network, inputs)
    path.with_suffix('.bin').unlink(missing_ok=True)
    with atomic_path(path) as scratch:
        onnx.save(network.model, scratch)
    write_text(path.with_suffix('.yaml'), yaml.safe_dump(makertbin(network)))
    for number, sample in enumerate(network.samples):
        for value, array in zip(inputs, sample, strict=True):
            file = folder / calibration_folder(network.name, value) / f'{number:03}.bin'
            with atomic_path(file) as scratch:
                array.astype('<f4').tofile(scratch)
    return path


def calibration_folder(name: str, value: Value) -> Path:
    """Return where the samples of an input are, in the folder of the export."""
    return Path('calibration') / name / f'{value.name}_f32'


def compiled_folder(graph: Path) -> Path:
    """Return where the toolchain works on an exported graph, beside it."""
    return graph.with_name(f'{graph.stem}_compiled')


def makertbin(network: BoardNetwork) -> dict[str, dict[str, object]]:
    """Return the settings of `hb_mapper makertbin` for a graph whose inputs are plain numbers."""
    name, inputs = network.name, network.inputs
    coarser = {} if network.fine_outputs else {'optimization': 'set_model_output_int16'}
    wide = {'node_info': {node: dict(_WIDE) for node in network.wide}} if network.wide else {}

    def each(text: str) -> str:
        return ';'.join([text] * len(inputs))

    return {
        'model_parameters': {
            'onnx_model': f'{name}.onnx',
            'march': MARCH,
            'working_dir': compiled_folder(Path(name)).name,
            'output_model_file_prefix': name,
            **wide,
        },
        'input_parameters': {
            'input_name': ';'.join(value.name for value in inputs),
            'input_shape': ';'.join('x'.join(map(str, value.shape)) for value in inputs),
            'input_type_rt': each('featuremap'),
            'input_layout_rt': each('NCHW'),
            'input_type_train': each('featuremap'),
            'input_layout_train': each('NCHW'),
            'norm_type': each('no_preprocess'),
        },
        'calibration_parameters': {
            'cal_data_dir': ';'.join(str(calibration_folder(name, value)) for value in inputs),
            'cal_data_type': each('float32'),
            'calibration_type': CALIBRATION,
            **coarser,
        },
        'compiler_parameters': {
            'compile_mode': 'latency',
            'optimize_level': OPTIMISATION,
            'core_num': 1,
            'input_source': {value.name: 'ddr' for value in inputs},
        },
    }


def _require_samples(network: BoardNetwork, inputs: Sequence[Value]) -> None:
    if not network.samples:
        raise ValueError(f'{network.name} has no sample to calibrate with, expected at least one')
    expected = [value.shape for value in inputs]
    for number, sample in enumerate(network.samples):
        got = [array.shape for array in sample]
        if got != expected:
            raise ValueError(f'{network.name}: sample {number} is {got}, expected {expected}')
