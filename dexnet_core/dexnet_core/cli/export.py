"""`dexnet export`: from weights to the file a robot runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TYPE_CHECKING

from dexnet_core.cli import export_x5
from dexnet_core.cli import export_x5_options as x5_options
from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    Kind,
    Options,
    refuse_foreign,
    SubParsers,
)
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
_ONE_FILE = 'ONNX file to write; with --target x5, a folder'
_OF_TARGETS = {
    '--half': (_ONNX_RUNTIME,),
    **dict.fromkeys(x5_options.OPTIONS, (x5_options.NAME,)),
}


class _Family(NamedTuple):
    """Networks that are exported in the same way.

    Attributes:
        write: Writes the files for ONNX Runtime, and returns the largest difference from torch.
        write_x5: Writes the folder for the toolchain of the RDK X5.
        options: Functions that add options to the parser.
    """

    write: Callable[[argparse.Namespace], float]
    write_x5: Callable[[argparse.Namespace], Export]
    options: Sequence[Options]


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Write weights as an ONNX file with its contract, checked against torch.'
    parser = add_command(commands, 'export', None, summary, _EXAMPLE)
    add_kinds(parser, 'network', _kinds())


def _kinds() -> list[Kind]:
    """Return the sub-parsers of the networks."""
    files = partial(_add_files, out=_ONE_FILE, may_be_exported=True)
    folder = partial(_add_files, out='folder to write', may_be_exported=True)
    trained = partial(_add_files, out=_ONE_FILE, may_be_exported=False)
    compact = _Family(partial(_one_file, _compact), _compact_x5, (files, x5_options.add_sized))
    evaluators = _Family(
        partial(_one_file, _evaluator), _evaluator_x5, (files, x5_options.add_unsized)
    )
    crops = _Family(
        partial(_one_file, _of_crops), _crops_x5, (trained, _add_crops, x5_options.add_sized)
    )
    graspnet = _Family(
        _graspnet, _graspnet_x5, (folder, _add_graspnet, x5_options.add_with_clouds)
    )
    return [
        _kind('suction', 'that proposes grasps of a suction cup', compact),
        _kind('jaw', 'that proposes grasps of a parallel jaw', compact),
        _kind('suction-evaluator', 'that evaluates a placed suction cup', evaluators),
        _kind('jaw-evaluator', 'that evaluates a placed parallel jaw', evaluators),
        *(_kind(name, f'{name} of Dex-Net', crops) for name in _CROPS),
        _kind(_GRASPNET, 'of GraspNet, as a folder of ONNX files', graspnet),
    ]


def _kind(name: str, what: str, family: _Family) -> Kind:
    weights = f'runs/{name}/best.pt'
    out = name if name == _GRASPNET else f'{name}.onnx'
    example = f"""dexnet export {name} --weights {weights} --out {out}
  dexnet export {name} --target x5 --weights {weights} --out {name}_x5"""
    return Kind(name, f'Write the network {what}.', example, partial(_run, family), family.options)


def _add_files(parser: argparse.ArgumentParser, out: str, may_be_exported: bool) -> None:
    """Add the options of what is read and written, and for which runtime."""
    exported = ', or what was exported for ONNX Runtime, with --target x5'
    parser.add_argument(
        '--weights',
        type=Path,
        required=True,
        metavar='PATH',
        help=f'checkpoint of the training, such as best.pt{exported if may_be_exported else ""}',
    )
    parser.add_argument('--out', type=Path, required=True, metavar='PATH', help=out)
    parser.add_argument(
        '--target',
        choices=[_ONNX_RUNTIME, x5_options.NAME],
        default=_ONNX_RUNTIME,
        help='what runs the network: ONNX Runtime or the RDK X5 (default: %(default)s)',
    )
    parser.add_argument(
        '--half', action='store_true', help='store the weights as float16, which halves the file'
    )


def _add_crops(parser: argparse.ArgumentParser) -> None:
    """Add the options of Dex-Net's networks."""
    group = parser.add_argument_group(
        "of Dex-Net's networks, where the checkpoint does not have it"
    )
    group.add_argument(
        '--gripper', choices=['suction', 'parallel_jaw'], help='gripper of the training crops'
    )
    for option, what in (('--mean', 'mean'), ('--std', 'standard deviation')):
        group.add_argument(
            option,
            type=float,
            metavar='METRES',
            help=f'{what} of the depth of the training crops',
        )
    group.add_argument(
        '--metres-per-pixel',
        type=float,
        metavar='METRES',
        help='size of a pixel of the crops; 0.004 in Dex-Net',
    )


def _add_graspnet(parser: argparse.ArgumentParser) -> None:
    """Add the options of a GraspNet."""
    group = parser.add_argument_group(
        "of graspnet, where the checkpoint does not have it (default: graspnet-baseline's)"
    )
    group.add_argument(
        '--maximum-width', type=float, metavar='METRES', help='maximum opening of the jaw'
    )
    group.add_argument(
        '--maximum-tolerance',
        type=float,
        metavar='METRES',
        help='tolerance of a grasp with the whole score',
    )


def _run(family: _Family, args: argparse.Namespace) -> None:
    """Export and print the largest difference between torch and what was written."""
    refuse_foreign(args, args.target, _OF_TARGETS)
    if args.target == x5_options.NAME:
        export_x5.run(args, lambda: family.write_x5(args))
        return
    difference = family.write(args)
    files = args.out.glob('*.onnx') if args.out.is_dir() else (args.out,)
    size = sum(file.stat().st_size for file in files)
    print(f'{args.out}: {size} bytes, differs from torch by {difference:.1e}')  # noqa: T201


def _compact_x5(args: argparse.Namespace) -> Export:
    from dexnet_core.export.onnx_file import write_onnx

    return export_x5.run_view(args, lambda path: write_onnx(path, *_compact(args)))


def _evaluator_x5(args: argparse.Namespace) -> Export:
    from dexnet_core.export.onnx_file import write_onnx

    return export_x5.run_evaluator(args, lambda path: write_onnx(path, *_evaluator(args)))


def _crops_x5(args: argparse.Namespace) -> Export:
    return export_x5.run_crops(args, *_of_crops(args))


def _graspnet_x5(args: argparse.Namespace) -> Export:
    return export_x5.run_graspnet(args, _graspnet_modules(args))


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


def _one_file(
    load: Callable[[argparse.Namespace], tuple[Module, Contract]], args: argparse.Namespace
) -> float:
    from dexnet_core.export.onnx_file import write_onnx

    return write_onnx(args.out, *load(args), args.half)


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
