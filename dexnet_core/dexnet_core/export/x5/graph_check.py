"""Static check of an ONNX graph against the operator list of the RDK X5 toolchain.

The check predicts the device of each node. It compiles nothing and runs nothing on a board.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple

from dexnet_core.export.graph_cost import multiply_adds
from dexnet_core.export.x5.graph_facts import GraphFacts, Node, read_graph, Value
from dexnet_core.export.x5.limits import SIZES
from dexnet_core.export.x5.operator_table import Bpu, NOT_INTEGRATED, Operator, operator_of

OPSETS = (10, 11)
GREATEST_IR = 7
MOST_OUTPUTS = 32
_FLOAT_BYTES = 4


class Device(Enum):
    """Predicted device of a node."""

    BPU = 'BPU'
    CPU = 'CPU'
    REFUSED = 'refused'


class Verdict(NamedTuple):
    """Predicted device of a node, and its cost.

    Attributes:
        node: The node.
        device: Predicted device.
        why: The limits that the node meets, or the one that it breaks.
        multiply_adds: Of convolutions and matrix products; 0 for a refused node.
        bytes: Size of inputs, outputs and weights, each counted once; one byte per element on
            the BPU, four on the CPU.
        subgraph: Index of its BPU subgraph, from 0; -1 off the BPU.
    """

    node: Node
    device: Device
    why: str
    multiply_adds: int = 0
    bytes: int = 0
    subgraph: int = -1


class Check(NamedTuple):
    """Result of the check of a graph.

    Attributes:
        path: Path of the file.
        verdicts: One per node, in the order of the graph.
        problems: Problems of the graph as a whole.
    """

    path: Path
    verdicts: tuple[Verdict, ...]
    problems: tuple[str, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the graph has no problems and no refused node."""
        return not self.problems and not self.count(Device.REFUSED)

    @property
    def subgraphs(self) -> int:
        """Number of BPU subgraphs; each but the first is a split."""
        return 1 + max((verdict.subgraph for verdict in self.verdicts), default=-1)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of all nodes."""
        return sum(verdict.multiply_adds for verdict in self.verdicts)

    @property
    def bytes(self) -> int:
        """Bytes moved by all nodes."""
        return sum(verdict.bytes for verdict in self.verdicts)

    @property
    def bpu_share(self) -> float:
        """Share of the multiply-adds on the BPU; 0 for a graph without multiply-adds."""
        on_bpu = sum(v.multiply_adds for v in self.verdicts if v.device is Device.BPU)
        return on_bpu / self.multiply_adds if self.multiply_adds else 0.0

    def count(self, device: Device) -> int:
        """Return the number of nodes on a device."""
        return sum(verdict.device is device for verdict in self.verdicts)


def check_file(path: Path) -> Check:
    """Check an ONNX file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is no ONNX file.
    """
    facts = read_graph(path)
    placed = _between([_placed(node) for node in facts.nodes])
    costed = [_costed(verdict, path) for verdict in placed]
    return Check(path, tuple(_numbered(costed)), tuple(_problems(facts, costed)))


def _placed(node: Node) -> Verdict:
    """Return the verdict on a node, regardless of its neighbours."""
    operator = operator_of(node)
    if operator is None:
        listed = node.op in NOT_INTEGRATED
        why = 'listed as not integrated: the compiler stops' if listed else 'not on the list'
        return Verdict(node, Device.REFUSED, why)
    if not all(value.is_known for value in (*node.data, *node.outputs)):
        return Verdict(node, Device.REFUSED, 'sizes unknown before run time')
    broken = _first_broken(operator, node)
    if operator.bpu in (Bpu.YES, Bpu.PASSIVE) and not broken:
        return Verdict(node, Device.BPU, operator.text)
    return _on_cpu(operator, node, broken or operator.bpu.value)


def _first_broken(operator: Operator, node: Node) -> str:
    limits = (*operator.limits, *SIZES)
    return next(filter(None, (limit.broken(node) for limit in limits)), '')


def _on_cpu(operator: Operator, node: Node, why: str) -> Verdict:
    """Return the verdict on a node that cannot be on the BPU."""
    if not operator.cpu:
        return Verdict(node, Device.REFUSED, f'{why}; no CPU implementation')
    broken = next(filter(None, (limit.broken(node) for limit in operator.cpu_limits)), '')
    if broken:
        return Verdict(node, Device.REFUSED, f'{why}; {broken}')
    return Verdict(node, Device.CPU, why)


def _between(verdicts: list[Verdict]) -> list[Verdict]:
    """Move PASSIVE nodes to the CPU, unless all their neighbours are on the BPU."""
    makers = _makers(verdicts)
    around: list[list[int | None]] = [[] for _ in verdicts]
    for number, verdict in enumerate(verdicts):
        for value in verdict.node.data:
            maker = makers.get(value.name)
            around[number].append(maker)
            if maker is not None:
                around[maker].append(number)
    used, moved = _used(verdicts), list(verdicts)
    for number, verdict in enumerate(verdicts):
        operator = operator_of(verdict.node)
        if verdict.device is Device.BPU and operator and operator.bpu is Bpu.PASSIVE:
            near = [None if k is None else verdicts[k].device for k in around[number]]
            ends = not {v.name for v in verdict.node.outputs} & used
            if ends or set(near) != {Device.BPU}:
                why = 'between nodes that are not all on the BPU'
                moved[number] = verdict._replace(device=Device.CPU, why=why)
    return moved


def _makers(verdicts: list[Verdict]) -> dict[str, int]:
    """Return the index of the node that outputs each tensor."""
    return {v.name: k for k, verdict in enumerate(verdicts) for v in verdict.node.outputs}


def _used(verdicts: list[Verdict]) -> set[str]:
    return {value.name for verdict in verdicts for value in verdict.node.data}


def _costed(verdict: Verdict, path: Path) -> Verdict:
    """Return the verdict with the cost of the node."""
    if verdict.device is Device.REFUSED:
        return verdict
    node, each = verdict.node, 1 if verdict.device is Device.BPU else _FLOAT_BYTES
    values: dict[str, Value] = {v.name: v for v in (*node.inputs, *node.outputs) if v.name}
    shapes = {name: value.shape for name, value in values.items()}
    products = multiply_adds(node.proto, shapes, path)
    return verdict._replace(
        multiply_adds=products, bytes=each * sum(value.size for value in values.values())
    )


def _numbered(verdicts: list[Verdict]) -> list[Verdict]:
    """Number the BPU subgraphs; each return from another device starts a new one."""
    makers = _makers(verdicts)
    parts: list[int] = []
    for verdict in verdicts:
        before = [makers[v.name] for v in verdict.node.data if v.name in makers]
        on_bpu = verdict.device is Device.BPU
        returns = (on_bpu and verdicts[k].device is not Device.BPU for k in before)
        parts.append(max((parts[k] + r for k, r in zip(before, returns, strict=True)), default=0))
    used = sorted({p for p, v in zip(parts, verdicts, strict=True) if v.device is Device.BPU})
    return [
        verdict._replace(subgraph=used.index(part)) if verdict.device is Device.BPU else verdict
        for part, verdict in zip(parts, verdicts, strict=True)
    ]


def _problems(facts: GraphFacts, verdicts: list[Verdict]) -> list[str]:
    """Return the problems of the graph as a whole."""
    model, problems = facts.model, []
    opsets = [item.version for item in model.opset_import if item.domain in ('', 'ai.onnx')]
    if not set(opsets) <= set(OPSETS):
        problems.append(f'opset is {opsets}, expected 10 or 11')
    if model.ir_version > GREATEST_IR:
        problems.append(f'IR version is {model.ir_version}, expected at most {GREATEST_IR}')
    for value in facts.inputs:
        if len(value.shape) != 4 or not value.is_known:
            problems.append(f'input {value.name} is {value.shape}, expected (n, C, H, W), fixed')
        if value.dtype != 'float32':
            problems.append(f'input {value.name} is {value.dtype}, expected float32')
    if len(facts.outputs) > MOST_OUTPUTS:
        problems.append(f'{len(facts.outputs)} outputs, expected at most {MOST_OUTPUTS}')
    if not any(v.node.op == 'Conv' and v.device is Device.BPU for v in verdicts):
        problems.append('no convolution is on the BPU, expected at least one')
    return problems
