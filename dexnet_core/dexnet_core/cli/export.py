"""`dexnet export`: from weights to the file a robot runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dexnet_core.cli import export_x5
from dexnet_core.cli.arguments import add_command, refuse_foreign, SubParsers
from dexnet_core.planning.contracts.stored_contract import Contract

if TYPE_CHECKING:
    from dexnet_core.export.graspnet_files import GraspNetModules
    from dexnet_core.export.x5.x5_folder import Export
    from dexnet_core.models.crop_networks import UsableNetwork
    from torch.nn import Module

_EXAMPLE = """dexnet export suction --weights runs/suction/best.pt --out suction.onnx
  dexnet export graspnet --weights runs/graspnet/best.pt --half --out graspnet
  dexnet export suction --target x5 --weights suction.onnx --out suction_x5"""
_COMPACT = ('suction', 'jaw')
_EVALUATORS = ('suction-evaluator', 'jaw-evaluator')
_CROPS = ('gqcnn', 'efficientnet', 'fcgqcnn', 'fcgqcnn-highres')
_GRASPNET = 'graspnet'
_ONNX_RUNTIME = 'onnxruntime'
_OF_NETWORKS = {
    **dict.fromkeys(('--gripper', '--mean', '--std', '--metres-per-pixel'), _CROPS),
    **dict.fromkeys(('--maximum-width', '--maximum-tolerance', '--cloud'), (_GRASPNET,)),
    '--size': (*_COMPACT, *_CROPS),
}
_OF_TARGETS = {
    '--half': (_ONNX_RUNTIME,),
    **dict.fromkeys(export_x5.OPTIONS, (export_x5.NAME,)),
}


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Write weights as an ONNX file with its contract, checked against torch.'
    parser = add_command(commands, 'export', run, summary, _EXAMPLE)
    parser.add_argument('network', choices=[*_COMPACT, *_EVALUATORS, *_CROPS, _GRASPNET])
    parser.add_argument(
        '--weights', type=Path, required=True, help='checkpoint of the training, such as best.pt'
    )
    parser.add_argument(
        '--out',
        type=Path,
        required=True,
        help='ONNX file to write; of graspnet, and of the X5, a folder',
    )
    parser.add_argument(
        '--target',
        choices=[_ONNX_RUNTIME, export_x5.NAME],
        default=_ONNX_RUNTIME,
        help='what is to run it; for the X5, weights of all but crops may be what was exported for'
        ' ONNX Runtime',
    )
    parser.add_argument(
        '--half', action='store_true', help='store the weights as float16, which halves the file'
    )
    crops = parser.add_argument_group(
        "of Dex-Net's networks, where the checkpoint does not know it"
    )
    crops.add_argument('--gripper', choices=['suction', 'parallel_jaw'])
    crops.add_argument('--mean', type=float, help='of the depth of the training crops, metres')
    crops.add_argument('--std', type=float, help='of the depth of the training crops, metres')
    crops.add_argument('--metres-per-pixel', type=float, help='of the crops; 0.004 in Dex-Net')
    graspnet = parser.add_argument_group(
        "of graspnet, where the checkpoint does not know it; else graspnet-baseline's"
    )
    graspnet.add_argument('--maximum-width', type=float, help='opening of the jaw, metres')
    graspnet.add_argument('--maximum-tolerance', type=float, help='for the whole score, metres')
    export_x5.add_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Export and report the largest difference between torch and what was written."""
    refuse_foreign(args, args.network, _OF_NETWORKS)
    refuse_foreign(args, args.target, _OF_TARGETS)
    if args.target == export_x5.NAME:
        export_x5.run(args, lambda: _for_x5(args))
        return
    difference = _graspnet(args) if args.network == _GRASPNET else _one_file(args)
    files = args.out.glob('*.onnx') if args.network == _GRASPNET else (args.out,)
    size = sum(file.stat().st_size for file in files)
    print(f'{args.out}: {size} bytes, differs from torch by {difference:.1e}')  # noqa: T201


def _for_x5(args: argparse.Namespace) -> Export:
    """Write the folder that the toolchain of the X5 compiles."""
    from dexnet_core.export.onnx_file import write_onnx

    if args.network == _GRASPNET:
        return export_x5.run_graspnet(args, _graspnet_modules(args))
    if args.network in _EVALUATORS:
        return export_x5.run_evaluator(args, lambda path: write_onnx(path, *_evaluator(args)))
    if args.network in _COMPACT:
        return export_x5.run_view(args, lambda path: write_onnx(path, *_compact(args)))
    return export_x5.run_crops(args, *_of_crops(args))


def _graspnet(args: argparse.Namespace) -> float:
    from dexnet_core.export.graspnet_files import write_graspnet

    return write_graspnet(args.out, *_graspnet_modules(args), args.half)


def _graspnet_modules(args: argparse.Namespace) -> GraspNetModules:
    """Return the parts of a GraspNet, from a checkpoint or from what was exported of one."""
    from dexnet_core.export.graspnet_files import GraspNetModules, read_graspnet
    from dexnet_core.models.graspnet_graphs import graph_modules
    from dexnet_core.models.graspnet_weights import load_usable_graspnet

    said = args.maximum_width, args.maximum_tolerance
    if args.weights.is_dir():
        if said != (None, None):
            raise ValueError(f'{args.weights} is exported: it has its maximum width and tolerance')
        return read_graspnet(args.weights)
    network, contract = load_usable_graspnet(args.weights, *said)
    return GraspNetModules(graph_modules(network), contract)


def _one_file(args: argparse.Namespace) -> float:
    from dexnet_core.export.onnx_file import write_onnx

    usable: tuple[Module, Contract]
    if args.network in _CROPS:
        usable = _of_crops(args)
    else:
        usable = _evaluator(args) if args.network in _EVALUATORS else _compact(args)
    return write_onnx(args.out, *usable, args.half)


def _compact(args: argparse.Namespace) -> tuple[Module, Contract]:
    """Return a compact network and its contract."""
    from dexnet_core.models.compact import DESIGNS, load_compact_net, QualityNet
    from dexnet_core.models.saved_contract import saved_contract

    design = DESIGNS[args.network]
    design = design._replace(contract=saved_contract(args.weights, design.contract))
    return QualityNet(load_compact_net(args.weights, design)), design.contract


def _evaluator(args: argparse.Namespace) -> tuple[Module, Contract]:
    """Return an evaluator of placed grippers and its contract."""
    from dexnet_core.models.evaluator_networks import (
        EvaluatorQuality,
        EVALUATORS,
        load_evaluator_net,
    )
    from dexnet_core.models.saved_contract import saved_contract

    design = EVALUATORS[args.network]
    contract = saved_contract(args.weights, design.contract)
    return EvaluatorQuality(load_evaluator_net(args.weights, design)), contract


def _of_crops(args: argparse.Namespace) -> UsableNetwork:
    """Return a network of crops and its contract."""
    from dexnet_core.models.crop_networks import DataFacts, load_crop_network

    said = DataFacts(args.gripper, args.mean, args.std, args.metres_per_pixel)
    return load_crop_network(args.network, args.weights, said)
