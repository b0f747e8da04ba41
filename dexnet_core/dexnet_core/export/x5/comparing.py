"""What a compiled network costs in grasps: a folder for the X5 planned with before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from dexnet_core.export.x5.evaluator_planners import evaluating_planner
from dexnet_core.export.x5.grasp_cost import cost_lines, grasp_cost, GraspCost
from dexnet_core.export.x5.simulation import plan_of, Shown
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
"""Paths by the names they get in a model folder, by the ending of the graphs."""


class Pair(NamedTuple):
    """Two planners that differ in the arithmetic of their networks only.

    Attributes:
        title: What they are.
        before: With the graphs in float32.
        after: With the compiled graphs.
    """

    title: str
    before: Planner
    after: Planner


@contextmanager
def planner_pairs(folder: Path, evaluator: Path | None = None) -> Iterator[Sequence[Pair]]:
    """Load what is in a folder for the X5, in float32 and compiled.

    A network of views is loaded by itself, and beside the evaluator that ships. A GraspNet has
    the evaluator of the jaw that ships. An evaluator is loaded beside the proposals that ship.

    Args:
        folder: That `dexnet export --target x5 --compile` wrote. Whatever runs compiled files
            must be there: the board, or `board_on_pc`.
        evaluator: Such a folder of an evaluator, which then evaluates instead of that which
            ships; compiled beside what is compiled.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: The folder has no network or several, or one cannot be loaded.
    """
    with TemporaryDirectory() as scratch:
        files = _evaluators(evaluator) if evaluator else {}
        if is_for_board(folder):
            yield [_graspnets(folder, files, Path(scratch))]
        elif isinstance(_contract_of(_graph_in(folder)), ModelContract):
            yield list(_views(_graph_in(folder), files, Path(scratch)))
        elif evaluator:
            raise ValueError(f'{folder} proposes no grasps to be evaluated by {evaluator}')
        else:
            yield [_single(_graph_in(folder))]


def load_single(path: Path, contract: Contract) -> Planner:
    """Load a network by itself, or an evaluator with the proposals that ship.

    Args:
        path: ONNX file, or .bin file of the board.
        contract: Of the network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It cannot be loaded.
    """
    if isinstance(contract, EvaluatorContract):
        return evaluating_planner(open_model(path, threads=1))
    return planner_kinds()['suction' if contract.gripper == 'suction' else 'jaw'].load(path)


def compared(pairs: Sequence[Pair], shown: Iterable[Shown]) -> list[tuple[str, GraspCost]]:
    """Plan on each image or cloud by all planners; return the cost of each pair by its title.

    Raises:
        ValueError: There is no grasp on any of them.
    """
    plans = [[(plan_of(p.before, each), plan_of(p.after, each)) for p in pairs] for each in shown]
    return [
        (pair.title, grasp_cost(*zip(*said, strict=True)))
        for pair, said in zip(pairs, zip(*plans, strict=True), strict=True)
    ]


def compared_lines(costs: Sequence[tuple[str, GraspCost]]) -> list[str]:
    """Return the costs in words."""
    by = "by the vendor's arithmetic on a PC"
    said = (
        (f'**{title}**', '', *cost_lines(cost, 'float32', 'the compiled file', by), '')
        for title, cost in costs
    )
    return [line for lines in said for line in lines][:-1]


def _evaluators(folder: Path) -> Files:
    """Return the files of an evaluator in float32 and compiled, as a model folder has them."""
    graph = _graph_in(folder)
    if not isinstance(_contract_of(graph), EvaluatorContract):
        raise ValueError(f'{folder} holds no evaluator')
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
    title = 'the planner with the proposals in float32' if evaluates else 'the network by itself'
    return Pair(title, *(load_single(path, contract) for path in paths))


def _views(graph: Path, evaluators: Files, scratch: Path) -> Iterator[Pair]:
    """Yield a network of views by itself, then with an evaluator."""
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
    """Return the only graph of a folder that is compiled."""
    graphs = sorted(folder.glob(f'*{_ONNX}'))
    if len(graphs) != 1:
        raise ValueError(f'{folder} has {len(graphs)} ONNX files, expected a folder for the X5')
    _require_compiled(graphs)
    return graphs[0]


def _require_compiled(graphs: Sequence[Path]) -> None:
    missing = [path.name for path in graphs if not path.with_suffix(SUFFIX).is_file()]
    if missing:
        raise ValueError(
            f'{graphs[0].parent}: {", ".join(missing)} not compiled: add --compile to the command '
            'that wrote it'
        )


def _linked(folder: Path, files: Mapping[str, Path]) -> Path:
    """Make a folder of links by their names."""
    folder.mkdir()
    for name, path in files.items():
        (folder / name).symlink_to(path.resolve())
    return folder
