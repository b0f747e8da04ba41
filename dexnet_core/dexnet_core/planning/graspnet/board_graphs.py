"""The graphs of a GraspNet for a board: inputs of one size, with four axes, channels first.

Sampling, neighbour search and interpolation are outside of the graphs, as in
`dexnet_core.planning.graspnet.stages`. Points are inputs relative to a centre, in units of the
radius, so that rounding to 8 bits moves them by less than a hundredth of the radius, for any
position of the camera.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign, VIEWS

CONTRACT_FILE = 'graspnet.json'
"""File beside the graphs of one network; compiled graphs cannot hold their contract."""
SEEDS_AT_ONCE = 256
"""Seeds that one run of graph `cylinders` evaluates."""


class BoardGraph(NamedTuple):
    """One graph.

    Attributes:
        name: Name of its files.
        inputs: Shape (1, C, H, W) of each input by name, in order.
        outputs: Channels of each output by name, in order; each is (1, C, H, 1).
    """

    name: str
    inputs: dict[str, tuple[int, int, int, int]]
    outputs: dict[str, int]


def board_graphs(design: GraspNetDesign) -> tuple[BoardGraph, ...]:
    """Return the graphs of a network.

    - `level_1` to `level_4`: `local` holds the neighbours of each centre relative to it, divided
      by the radius. `lifted` is the output of the first layer for the features of the neighbours.
    - `up_3`: `brought` holds the features of level 4, interpolated at the centres of level 3;
      `own` holds the features of level 3.
    - `seeds`: the same with level 3 at the seeds; output `said` holds objectness and view scores.
    - `cylinders`: `local` holds the points of cylinders in the frame of their view, divided by
      their radius; output `operation` holds score, angle and width.
    """
    levels = [_level(design, number) for number in range(1, len(design.levels) + 1)]
    second, third, fourth = (level for level in design.levels[1:])
    width = design.propagated[-1]
    groups = SEEDS_AT_ONCE * len(design.depths)
    up = BoardGraph(
        'up_3',
        {
            'brought': (1, fourth.channels[-1], third.centres, 1),
            'own': (1, third.channels[-1], third.centres, 1),
        },
        {'features': width},
    )
    seeds = BoardGraph(
        'seeds',
        {
            'brought': (1, width, second.centres, 1),
            'own': (1, second.channels[-1], second.centres, 1),
        },
        {'said': 2 + VIEWS},
    )
    cylinders = BoardGraph(
        'cylinders',
        {'local': (1, 3, groups, design.cylinders.samples)},
        {'operation': 3 * ANGLES, 'tolerance': ANGLES},
    )
    return *levels, up, seeds, cylinders


def _level(design: GraspNetDesign, number: int) -> BoardGraph:
    level, following = design.levels[number - 1], design.levels[number : number + 1]
    size = (level.centres, level.samples)
    inputs = {'local': (1, 3, *size)}
    outputs = {'next_lifted': following[0].channels[0]} if following else {}
    if number > 1:
        inputs['lifted'] = (1, level.channels[0], *size)
        outputs = {'features': level.channels[-1], **outputs}
    return BoardGraph(f'level_{number}', inputs, outputs)
