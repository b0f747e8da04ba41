"""`dexnet export ... --target x5`: a folder that the toolchain of the RDK X5 compiles."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dexnet_core.cli import compile_x5
from dexnet_core.cli import export_x5_options as options
from dexnet_core.cli.arguments import progress, refuse_foreign
from dexnet_core.cli.inputs import depth_scale_of
from dexnet_core.io.files.depth_images import DepthImage, read_depth_image

if TYPE_CHECKING:
    from dexnet_core.export.graspnet_files import GraspNetModules
    from dexnet_core.export.x5.graph_check import Check
    from dexnet_core.export.x5.simulation import PlannerInput
    from dexnet_core.export.x5.x5_folder import Export
    from dexnet_core.models.gqcnn import QualityNetwork
    from dexnet_core.planning.contracts.crop_contract import CropContract
    from dexnet_core.planning.contracts.stored_contract import Contract
    from dexnet_core.planning.grasp import Grasp
    from dexnet_core.simulation.objects.grasp_object import Split
    from onnx import ModelProto

_GIVEN, _CLOUDS, _GENERATED = 'images of --depth', 'clouds of --cloud', 'generated images'
_OF_IMAGES = {
    **dict.fromkeys(('--camera', '--depth-scale', '--mask'), (_GIVEN,)),
    '--images': (_GENERATED,),
}


def size_of(text: str) -> tuple[int, int]:
    """Return rows and columns.

    Raises:
        ValueError: The text is not ROWSxCOLUMNS.
    """
    parts = text.split('x')
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise ValueError(f'size is {text!r}, expected ROWSxCOLUMNS such as {options.SIZE}')
    return int(parts[0]), int(parts[1])


def require_images(args: argparse.Namespace) -> None:
    """Raise ValueError unless each option says something of the images that will be used."""
    without_depth = _CLOUDS if args.cloud else _GENERATED
    refuse_foreign(args, _GIVEN if args.depth else without_depth, _OF_IMAGES)
    if args.depth and not args.camera:
        raise ValueError('--depth needs --camera')
    if args.depth and len(args.mask) not in (0, len(args.depth)):
        raise ValueError(f'got {len(args.mask)} masks, expected {len(args.depth)} or none')


def images_of(
    args: argparse.Namespace, split: Split, count: int = options.IMAGES
) -> Iterator[DepthImage]:
    """Yield the images that were given, or else generated ones of the objects of a split."""
    if not args.depth:
        from dexnet_core.evaluation.generated_images import generated_images

        count = count if args.images is None else args.images
        yield from progress(generated_images(count, split), 'images', count)
        return
    masks = args.mask or [None] * len(args.depth)
    for path, mask in zip(args.depth, masks, strict=True):
        yield read_depth_image(path, args.camera, mask, depth_scale_of(args))


def run(args: argparse.Namespace, write: Callable[[], Export]) -> None:
    """Write the folder of a network, and compile it where that is asked for.

    Args:
        args: Of the command.
        write: Writes the folder; one of the functions below.
    """
    require_images(args)
    tools = compile_x5.tools_of(args)
    export = write()
    if tools:
        compile_x5.compile_export(args, export, tools)
    else:
        print('not compiled: add --compile, with the tools of tools/x5_toolchain.sh')  # noqa: T201


def run_view(args: argparse.Namespace, write_source: Callable[[Path], float]) -> Export:
    """Write the folder of a network of views.

    Args:
        args: Of the command; the weights may be an ONNX file for ONNX Runtime as well.
        write_source: Writes such a file from other weights.
    """
    from dexnet_core.export.x5.single_export import board_view_network

    size = size_of(args.size or options.SIZE)
    with _source(args, write_source) as (source, contract):
        model = board_view_network(source, contract, size)
    return _write_single(args, model, contract)


def run_evaluator(args: argparse.Namespace, write_source: Callable[[Path], float]) -> Export:
    """Write the folder of a network that evaluates placed grippers; see `run_view`."""
    from dexnet_core.export.x5.evaluator_form import board_evaluator

    with _source(args, write_source) as (source, contract):
        model = board_evaluator(source, contract)
    return _write_single(args, model, contract)


@contextmanager
def _source(
    args: argparse.Namespace, write: Callable[[Path], float]
) -> Iterator[tuple[Path, Contract]]:
    """Yield the ONNX file of the weights for ONNX Runtime and its contract, for one gripper."""
    from dexnet_core.planning.grasp import GripperKind
    from dexnet_core.planning.networks.model_file import open_model

    is_suction = args.network.startswith(GripperKind.SUCTION.value)
    with TemporaryDirectory() as scratch:
        source = args.weights
        if source.suffix != '.onnx':
            source = Path(scratch) / 'source.onnx'
            write(source)
        gripper = GripperKind.SUCTION if is_suction else GripperKind.PARALLEL_JAW
        yield source, open_model(source, gripper, threads=1).contract


def run_crops(args: argparse.Namespace, network: QualityNetwork, contract: CropContract) -> Export:
    """Write the folder of a network of crops or of the heat map of all crops."""
    from dexnet_core.export.board_files import board_graph, crop_form
    from dexnet_core.export.x5.lowering import board_form
    from dexnet_core.models.board_crops import board_crops
    from dexnet_core.planning.networks.fixed_graph import LOGITS

    module = board_crops(network, contract.form).eval()
    graph = board_graph(module, crop_form(contract, size_of(args.size or options.SIZE)))
    return _write_single(args, board_form(graph, [LOGITS]), contract)


def _write_single(args: argparse.Namespace, model: ModelProto, contract: Contract) -> Export:
    """Write a network of one graph, and what rounding costs it."""
    from dexnet_core.export.x5.comparing import load_single
    from dexnet_core.export.x5.simulation import plans_of
    from dexnet_core.export.x5.single_export import single_export
    from dexnet_core.export.x5.x5_folder import write_folder
    from dexnet_core.simulation.objects.grasp_object import Split

    export = single_export(args.network, model, contract, images_of(args, Split.VAL), _wide(args))
    checks = write_folder(args.out, export)
    images = list(images_of(args, Split.TEST))
    _finish(args, export, checks, lambda path: plans_of(load_single(path, contract), images))
    return export


def _wide(args: argparse.Namespace) -> Sequence[str] | None:
    """Return the parts of names of --wide, none for `none`; None where the option is not given."""
    return () if args.wide == ['none'] else args.wide


def run_graspnet(args: argparse.Namespace, given: GraspNetModules) -> Export:
    """Write the folder of a GraspNet."""
    from dexnet_core.export.board_files import board_graph, BoardForm
    from dexnet_core.export.x5.graspnet_export import graspnet_export, load_board_planner
    from dexnet_core.export.x5.lowering import board_form
    from dexnet_core.export.x5.simulation import plans_of
    from dexnet_core.export.x5.x5_folder import write_folder
    from dexnet_core.models.board_graspnet import board_modules
    from dexnet_core.planning.graspnet.board_graphs import board_graphs
    from dexnet_core.simulation.objects.grasp_object import Split

    parts, contract = given
    modules = board_modules(parts, contract.design)
    models = {
        graph.name: board_form(
            board_graph(modules[graph.name], BoardForm(graph.inputs, list(graph.outputs)))
        )
        for graph in board_graphs(contract.design)
    }
    export = graspnet_export(models, contract, shown_of(args, Split.VAL), _wide(args) or ())
    checks = write_folder(args.out, export)
    shown = list(shown_of(args, Split.TEST))
    _finish(args, export, checks, lambda path: plans_of(load_board_planner(path), shown))
    return export


def shown_of(
    args: argparse.Namespace, split: Split, count: int = options.IMAGES
) -> Iterator[PlannerInput]:
    """Yield the clouds that were given, and images unless there are clouds only."""
    from dexnet_core.io.files.cloud_files import read_cloud
    from dexnet_core.planning.graspnet.cloud import usable_points

    for path in args.cloud:
        yield usable_points(read_cloud(path))
    if args.depth or not args.cloud:
        yield from images_of(args, split, count)


def _finish(
    args: argparse.Namespace,
    export: Export,
    checks: Sequence[Check],
    plans: Callable[[Path], Sequence[Sequence[Grasp]]],
) -> None:
    """Simulate rounding, add what it costs to the report, and print the sums.

    Args:
        args: Of the command.
        export: That is written.
        checks: Of its graphs.
        plans: Plans with what is at a path.
    """
    from dexnet_core.export.x5.check_report import summary_lines
    from dexnet_core.export.x5.grasp_cost import cost_lines, grasp_cost
    from dexnet_core.export.x5.simulation import simulated
    from dexnet_core.export.x5.x5_folder import add_to_report

    cost = grasp_cost(*map(plans, simulated(args.out, export)))
    lines = cost_lines(cost, 'float32', '8 bits', 'simulated by ONNX Runtime')
    add_to_report(args.out, 'Rounding to 8 bits', lines)
    said = [line for check in checks for line in summary_lines(check)]
    print('\n'.join([*said, *lines]))  # noqa: T201
