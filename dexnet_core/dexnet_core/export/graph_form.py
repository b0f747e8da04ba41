"""Inputs and output of an exported network, by the type of its contract."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.evaluator_contracts import (
    CupEvaluatorContract,
    EvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.contracts.stored_contract import Contract
from dexnet_core.planning.perception.cup_patch import CHANNELS as CUP_CHANNELS
from dexnet_core.planning.perception.jaw_patch import CHANNELS as JAW_CHANNELS
from dexnet_core.planning.perception.metric_view import CHANNELS

Shape = tuple[int, ...]


class GraphForm(NamedTuple):
    """Inputs and output of a graph.

    Attributes:
        inputs: Names of the inputs.
        axes: Dynamic axes: name of each input and of the output to {axis: name of its size}.
        example: One shape per input, used to trace the graph.
        probes: Other input shapes, used to compare the graph with the network.
    """

    inputs: tuple[str, ...]
    axes: dict[str, dict[int, str]]
    example: tuple[Shape, ...]
    probes: tuple[tuple[Shape, ...], ...]


_MAP_AXES = {2: 'rows', 3: 'columns'}
_IMAGE_AXES = {2: 'height', 3: 'width'}


def graph_form(contract: Contract) -> GraphForm:
    """Return the graph form for a contract."""
    if isinstance(contract, JawEvaluatorContract):
        return _patch_form((JAW_CHANNELS, contract.rows, contract.columns), contract)
    if isinstance(contract, CupEvaluatorContract):
        return _patch_form((CUP_CHANNELS, contract.side, contract.side), contract)
    if not isinstance(contract, CropContract):
        return _view_form(contract.multiple)
    if contract.form == 'heatmap':
        return _heatmap_form(contract.crop)
    return _crop_form(contract.crop, len(contract.pose_inputs))


def _view_form(multiple: int) -> GraphForm:
    """Return the form for metric views whose sides are multiples of `multiple` pixels."""
    example, *probes = (
        ((1, CHANNELS, rows * multiple, columns * multiple),)
        for rows, columns in ((8, 9), (8, 12), (5, 3))
    )
    axes = {'view': _IMAGE_AXES, 'quality': _MAP_AXES}
    return GraphForm(('view',), axes, example, tuple(probes))


def _heatmap_form(crop: int) -> GraphForm:
    """Return the form for images of any size larger than a crop."""
    example, *probes = (
        ((1, 1, crop + rows, crop + columns),)
        for rows, columns in ((8, 11), (4, 7), (5, 2), (1, 1))
    )
    axes = {'image': _IMAGE_AXES, 'quality': _MAP_AXES}
    return GraphForm(('image',), axes, example, tuple(probes))


def _crop_form(crop: int, poses: int) -> GraphForm:
    """Return the form for any number of crops, with one pose each if the network has poses."""
    names = ('crops', 'poses') if poses else ('crops',)
    example, *probes = (((n, 1, crop, crop), (n, poses))[: len(names)] for n in (2, 1, 5))
    axes = {name: {0: 'batch'} for name in (*names, 'quality')}
    return GraphForm(names, axes, example, tuple(probes))


def _patch_form(shape: Shape, contract: EvaluatorContract) -> GraphForm:
    """Return the form for any number of patches around gripper poses, with their context."""
    names, columns = ('patches', 'context'), len(contract.context)
    example, *probes = (((n, *shape), (n, columns)) for n in (2, 1, 5))
    axes = {name: {0: 'batch'} for name in (*names, 'quality')}
    return GraphForm(names, axes, example, tuple(probes))
