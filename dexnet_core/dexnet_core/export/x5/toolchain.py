"""Input files of the RDK X5 toolchain: a YAML file and raw samples for each graph.

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
"""Processor of the RDK X5, in the toolchain's notation."""

OPTIMISATION = 'O2'
"""Optimisation level of the compiler. For a view network, O2 takes minutes and cuts the BPU time
to a third of O1, which takes seconds; O3 was not finished after 8 minutes."""

CALIBRATION = 'max'
"""Calibration method. The toolchain's default minimises the mean difference to float32, and may
clip the largest values; these distinguish the best grasp from a good one."""

EVERY = 'all'
"""Given instead of part of a node name, it selects all nodes."""

_WIDE = {'ON': 'BPU', 'InputType': 'int16'}
_WIDENED = ('Add', 'Conv', 'MaxPool', 'Resize')

Sample = tuple[NDArray[np.float32], ...]


class BoardNetwork(NamedTuple):
    """A graph for the board.

    Attributes:
        name: Base name of its files.
        model: Graph in the form that the toolchain accepts.
        samples: Calibration samples: one array per input, of the input's shape.
        fine_outputs: True: outputs have the board's highest precision, 32 bits; False: 16 bits,
            with less memory traffic, but values outside the range of the samples are clipped.
        wide: Names of nodes with 16-bit inputs, see `wide_nodes`; each makes the network slower.
    """

    name: str
    model: onnx.ModelProto
    samples: Sequence[Sample]
    fine_outputs: bool = True
    wide: Sequence[str] = ()

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The inputs of the graph."""
        return graph_facts(self.model).inputs


def wide_nodes(
    models: Mapping[str, onnx.ModelProto], parts: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the nodes of each graph that contain one of the given parts.

    Args:
        models: Graphs by name.
        parts: Parts of node names; EVERY selects all nodes that can have 16-bit inputs.

    Raises:
        ValueError: No node name contains one of the parts.
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
        raise ValueError(
            f'no node name contains {", ".join(sorted(unused))}, expected part of {known}'
        )
    return found


def write_network(folder: Path, network: BoardNetwork) -> Path:
    """Write the graph, its YAML file and its calibration samples; return the graph's path.

    A compiled file of the same name is removed, as it is of another graph. Each sample is a file
    of little-endian float32 numbers without a header, in row-major order.

    Raises:
        ValueError: There is no sample, or a sample does not match the inputs.
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
    """Return the folder of the samples of an input, relative to the export's folder."""
    return Path('calibration') / name / f'{value.name}_f32'


def compiled_folder(graph: Path) -> Path:
    """Return the toolchain's working folder for an exported graph, beside the graph."""
    return graph.with_name(f'{graph.stem}_compiled')


def makertbin(network: BoardNetwork) -> dict[str, dict[str, object]]:
    """Return the settings of `hb_mapper makertbin` for a graph with feature map inputs."""
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
        raise ValueError(f'{network.name} has no sample for calibration, expected at least one')
    expected = [value.shape for value in inputs]
    for number, sample in enumerate(network.samples):
        got = [array.shape for array in sample]
        if got != expected:
            raise ValueError(f'{network.name}: sample {number} is {got}, expected {expected}')
