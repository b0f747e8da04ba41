"""Comparison of grasps planned with float32 networks and with networks compiled for the X5."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from dexnet_core.export.x5.evaluator_planners import evaluating_planner
from dexnet_core.export.x5.grasp_cost import cost_lines, grasp_cost, GraspCost
from dexnet_core.export.x5.simulation import plan_of, PlannerInput
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract
from dexnet_core.planning.contracts.stored_contract import Contract, contract_from_json
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.graspnet.board_graphs import CONTRACT_FILE
from dexnet_core.planning.networks.graspnet_board import is_for_board
from dexnet_core.planning.networks.hbm import SUFFIX
from dexnet_core.planning.networks.model_file import open_model, shipped_jaw, shipped_suction
from dexnet_core.planning.planners.loading import EVALUATOR, PROPOSALS
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds

_ONNX, _CONTRACT = '.onnx', '.json'
_BOTH = 'the planner with all networks compiled'

Files = Mapping[str, Mapping[str, Path]]
"""Graph suffix to {file name in a model folder: path of the file}."""


class Pair(NamedTuple):
    """Two planners that differ only in the arithmetic of their networks.

    Attributes:
        title: Describes which networks are compiled.
        before: Planner with float32 graphs.
        after: Planner with compiled graphs.
    """

    title: str
    before: Planner
    after: Planner


@contextmanager
def planner_pairs(folder: Path, evaluator: Path | None = None) -> Iterator[Sequence[Pair]]:
    """Load the network of an X5 folder in float32 and compiled.

    A view network is loaded alone, and with the shipped evaluator, and a GraspNet with its own
    shipped one. An evaluator is loaded with the shipped grasp proposals.

    Args:
        folder: Folder written by `dexnet export --target x5 --compile`. A runtime for compiled
            files must be available: the board, or `board_on_pc`.
        evaluator: Such a folder of an evaluator. It replaces the shipped evaluator, and is used
            in float32 and compiled alongside the network.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: The folder has no network or several, or a network cannot be loaded.
    """
    with TemporaryDirectory() as scratch:
        files = _evaluators(evaluator) if evaluator else {}
        if is_for_board(folder):
            yield [_graspnets(folder, files, Path(scratch))]
        elif isinstance(_contract_of(_graph_in(folder)), ModelContract):
            yield list(_views(_graph_in(folder), files, Path(scratch)))
        elif evaluator:
            raise ValueError(f'{folder} has no grasp proposals for the evaluator {evaluator}')
        else:
            yield [_single(_graph_in(folder))]


def load_single(path: Path, contract: Contract) -> Planner:
    """Load a network alone, or an evaluator with the shipped grasp proposals.

    Args:
        path: ONNX file, or .bin file of the board.
        contract: Contract of the network.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be loaded.
    """
    if isinstance(contract, EvaluatorContract):
        return evaluating_planner(open_model(path, threads=1))
    return planner_kinds()['suction' if contract.gripper == 'suction' else 'jaw'].load(path)


def compared(pairs: Sequence[Pair], inputs: Iterable[PlannerInput]) -> list[tuple[str, GraspCost]]:
    """Plan on each image or cloud with all planners; return title and comparison of each pair.

    Raises:
        ValueError: No input has a grasp.
    """
    plans = [[(plan_of(p.before, each), plan_of(p.after, each)) for p in pairs] for each in inputs]
    return [
        (pair.title, grasp_cost(*zip(*planned, strict=True)))
        for pair, planned in zip(pairs, zip(*plans, strict=True), strict=True)
    ]


def compared_lines(costs: Sequence[tuple[str, GraspCost]]) -> list[str]:
    """Return the comparisons as Markdown lines."""
    by = "with the vendor's arithmetic on a PC"
    sections = (
        (f'**{title}**', '', *cost_lines(cost, 'float32', 'the compiled file', by), '')
        for title, cost in costs
    )
    return [line for section in sections for line in section][:-1]


def _evaluators(folder: Path) -> Files:
    """Return the float32 and compiled files of an evaluator, by name in a model folder."""
    graph = _graph_in(folder)
    if not isinstance(_contract_of(graph), EvaluatorContract):
        raise ValueError(f'{folder} has no evaluator')
    return {
        suffix: {f'{EVALUATOR}{end}': graph.with_suffix(end) for end in (suffix, _CONTRACT)}
        for suffix in (_ONNX, SUFFIX)
    }


def _graspnets(folder: Path, evaluators: Files, scratch: Path) -> Pair:
    def load(suffix: str) -> Planner:
        names = [CONTRACT_FILE, *(path.name for path in folder.glob(f'*{suffix}'))]
        files = {**{name: folder / name for name in names}, **evaluators.get(suffix, {})}
        return planner_kinds()['graspnet'].load(_linked(scratch / suffix[1:], files))

    _require_compiled(sorted(folder.glob(f'*{_ONNX}')))
    title = _BOTH if evaluators else 'the planner with the evaluator in float32'
    return Pair(title, load(_ONNX), load(SUFFIX))


def _single(graph: Path) -> Pair:
    contract, paths = _contract_of(graph), (graph, graph.with_suffix(SUFFIX))
    evaluates = isinstance(contract, EvaluatorContract)
    title = 'the planner with the proposals in float32' if evaluates else 'the network alone'
    return Pair(title, *(load_single(path, contract) for path in paths))


def _views(graph: Path, evaluators: Files, scratch: Path) -> Iterator[Pair]:
    """Yield the pair of a view network alone, then the pairs with an evaluator."""
    is_suction = _contract_of(graph).gripper == 'suction'
    load = planner_kinds()['suction' if is_suction else 'jaw'].load
    shipped = (shipped_suction() if is_suction else shipped_jaw()) / f'{EVALUATOR}{_ONNX}'

    def beside(name: str, suffix: str, evaluator: Mapping[str, Path]) -> Planner:
        files = {f'{PROPOSALS}{end}': graph.with_suffix(end) for end in (suffix, _CONTRACT)}
        return load(_linked(scratch / f'{name}{suffix}', {**files, **evaluator}))

    yield _single(graph)
    exact = {shipped.name: shipped}
    pair = (beside('float32', suffix, exact) for suffix in (_ONNX, SUFFIX))
    yield Pair('the planner with the evaluator in float32', *pair)
    if evaluators:
        yield Pair(_BOTH, *(beside('both', suffix, evaluators[suffix]) for suffix in evaluators))


def _contract_of(graph: Path) -> Contract:
    return contract_from_json(graph.with_suffix(_CONTRACT).read_text())


def _graph_in(folder: Path) -> Path:
    """Return the only graph of a folder; it must be compiled."""
    graphs = sorted(folder.glob(f'*{_ONNX}'))
    if len(graphs) != 1:
        raise ValueError(f'{folder} has {len(graphs)} ONNX files, expected a folder for the X5')
    _require_compiled(graphs)
    return graphs[0]


def _require_compiled(graphs: Sequence[Path]) -> None:
    missing = [path.name for path in graphs if not path.with_suffix(SUFFIX).is_file()]
    if missing:
        raise ValueError(
            f'{graphs[0].parent}: {", ".join(missing)} not compiled: add --compile to the export '
            'command'
        )


def _linked(folder: Path, files: Mapping[str, Path]) -> Path:
    """Create a folder of symbolic links, given name and target of each."""
    folder.mkdir()
    for name, path in files.items():
        (folder / name).symlink_to(path.resolve())
    return folder
