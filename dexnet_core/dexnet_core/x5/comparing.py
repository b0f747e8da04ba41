"""What a compiled network costs in grasps: a folder for the X5 planned with before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from dexnet_core.contracts.stored import contract_from_json
from dexnet_core.contracts.views import ModelContract
from dexnet_core.graspnet.board import CONTRACT_FILE
from dexnet_core.runtime.graspnet_board import is_for_board
from dexnet_core.runtime.hbm import SUFFIX
from dexnet_core.runtime.loading import EVALUATOR, PROPOSALS
from dexnet_core.runtime.model_file import shipped_jaw, shipped_suction
from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.registry import planner_kinds
from dexnet_core.x5.grasp_cost import cost_lines, grasp_cost, GraspCost
from dexnet_core.x5.simulation import plan_of, Shown

_ONNX = '.onnx'


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
def planner_pairs(folder: Path) -> Iterator[Sequence[Pair]]:
    """Load what is in a folder for the X5, in float32 and compiled.

    A network of views is loaded by itself, and beside the evaluator that ships. A GraspNet has
    the evaluator of the jaw that ships.

    Args:
        folder: That `dexnet export --target x5 --compile` wrote. Whatever runs compiled files
            must be there: the board, or `board_on_pc`.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: The folder has no network or several, or one cannot be loaded.
    """
    with TemporaryDirectory() as scratch:
        if is_for_board(folder):
            yield [_graspnets(folder, Path(scratch))]
        else:
            yield list(_singles(folder, Path(scratch)))


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


def _graspnets(folder: Path, scratch: Path) -> Pair:
    def load(suffix: str) -> Planner:
        names = [CONTRACT_FILE, *(path.name for path in folder.glob(f'*{suffix}'))]
        files = {name: folder / name for name in names}
        return planner_kinds()['graspnet'].load(_linked(scratch / suffix[1:], files))

    _require_compiled(sorted(folder.glob(f'*{_ONNX}')))
    return Pair('the planner', load(_ONNX), load(SUFFIX))


def _singles(folder: Path, scratch: Path) -> Iterator[Pair]:
    """Yield the network by itself, then with an evaluator where it is one of views."""
    graph = _graph_in(folder)
    contract = contract_from_json(graph.with_suffix('.json').read_text())
    is_suction = contract.gripper == 'suction'
    load = planner_kinds()['suction' if is_suction else 'jaw'].load
    yield Pair('the network by itself', load(graph), load(graph.with_suffix(SUFFIX)))
    if isinstance(contract, ModelContract):
        evaluator = (shipped_suction() if is_suction else shipped_jaw()) / f'{EVALUATOR}{_ONNX}'
        yield Pair(
            'the planner with the evaluator in float32',
            *(load(_beside(evaluator, graph, scratch, suffix)) for suffix in (_ONNX, SUFFIX)),
        )


def _beside(evaluator: Path, graph: Path, scratch: Path, suffix: str) -> Path:
    """Return a folder of a network that proposes, exact or compiled, and an evaluator."""
    files = {f'{PROPOSALS}{ending}': graph.with_suffix(ending) for ending in (suffix, '.json')}
    return _linked(scratch / suffix[1:], files | {evaluator.name: evaluator})


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


def _linked(folder: Path, files: dict[str, Path]) -> Path:
    """Make a folder of links by their names."""
    folder.mkdir()
    for name, path in files.items():
        (folder / name).symlink_to(path.resolve())
    return folder
