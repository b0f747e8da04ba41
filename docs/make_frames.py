"""Draws docs/frames.png: the frames of a camera, of a suction grasp and of a jaw's grasp.

source env.sh; python docs/make_frames.py
"""

from __future__ import annotations

from pathlib import Path

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

PAGE = Path(__file__).with_name('frames.png')
RED, GREEN, BLUE = '#d62728', '#2ca02c', '#1f77b4'
"""Of the axes x, y and z, as RViz draws them."""
BODY, SURFACE = '#b9c0c8', '#e8d8b8'


def main() -> None:
    """Draw the three frames side by side and write the picture."""
    figure = Figure(figsize=(13, 4.8), dpi=110)
    camera, suction, jaw = figure.subplots(1, 3)
    draw_camera(camera)
    draw_suction(suction, SuctionCup())
    draw_jaw(jaw, JawGripper())
    figure.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.02, wspace=0.04)
    figure.savefig(PAGE)


def draw_camera(axes: Axes) -> None:
    """Draw an image and the optical frame of its camera, which looks into the paper."""
    _prepare(axes, 'Camera: optical frame', (-52, 52), (-42, 54))
    axes.add_patch(Rectangle((-45, -34), 90, 68, facecolor='#eef2f6', edgecolor='black'))
    _arrow(axes, (0, 0), (34, 0), RED, '+x, right (columns, u)', (22, -6))
    _arrow(axes, (0, 0), (0, 25), GREEN, '+y, down (rows, v)', (22, 22))
    _into_paper(axes, '+z, forward into the scene', (0, -15))
    axes.text(-44, -39, 'first pixel (0, 0)', fontsize=9)
    axes.plot(-44, -33, 's', color='black', markersize=4)
    axes.text(0, 46, 'depth is measured along z, in metres;\n0 or NaN: nothing was seen', **_NOTE)


def draw_suction(axes: Axes, cup: SuctionCup) -> None:
    """Draw a cup on a surface, seen from the side, in millimetres."""
    _prepare(axes, 'Grasp of a suction cup', (-30, 30), (-35, 21))
    axes.add_patch(Rectangle((-26, 0), 52, 9, facecolor=SURFACE, edgecolor='none'))
    axes.plot([-26, 26], [0, 0], color='black', linewidth=1)
    axes.text(-25, 6, 'object', fontsize=9)
    rim, body = cup.radius * 1e3, cup.body_radius * 1e3
    top = -cup.travel * 1e3
    bellows = [(-rim, 0), (rim, 0), (body * 0.8, top), (-body * 0.8, top)]
    axes.add_patch(Polygon(bellows, facecolor='#8fa3b5', edgecolor='black'))
    axes.add_patch(Rectangle((-body, top - 24), 2 * body, 24, facecolor=BODY, edgecolor='black'))
    _arrow(axes, (0, 0), (17, 0), RED, '+x (roll is free)', (19, -3))
    _arrow(axes, (0, 0), (0, 16), BLUE, '+z, approach', (10, 16))
    axes.plot(0, 0, 'o', color='black', markersize=5)
    axes.annotate('origin: the contact,\ncentre of the rim', (0, 0), (-29, -16), **_POINTER)


def draw_jaw(axes: Axes, jaw: JawGripper) -> None:
    """Draw an open jaw around an object, seen along y, in millimetres."""
    _prepare(axes, 'Grasp of a parallel jaw', (-85, 85), (-97, 50))
    opening, thick = jaw.max_opening * 1e3 * 0.8, jaw.finger_thickness * 1e3
    length = jaw.finger_length * 1e3
    top = -length
    axes.add_patch(Rectangle((-22, -16), 44, 46, facecolor=SURFACE, edgecolor='black'))
    axes.text(-20, 26, 'object', fontsize=9)
    for left in (-opening / 2 - thick, opening / 2):
        axes.add_patch(Rectangle((left, top), thick, length, facecolor=BODY, edgecolor='black'))
    wide, tall = jaw.palm_width * 1e3, jaw.palm_length * 1e3 * 0.6
    palm = Rectangle((-wide / 2, top - tall), wide, tall, facecolor=BODY, edgecolor='black')
    axes.add_patch(palm)
    axes.text(0, top - tall / 2, 'palm', ha='center', va='center', fontsize=10)
    _arrow(axes, (0, 0), (56, 0), RED, '+x, closing\ndirection', (68, -8))
    _arrow(axes, (0, 0), (0, 40), BLUE, '+z, approach', (26, 43))
    axes.plot(0, 0, 'o', color='black', markersize=5)
    axes.annotate('origin: midway\nbetween the fingertips', (0, 0), (-84, 36), **_POINTER)
    ends = [(-opening / 2, -22), (opening / 2, -22)]
    axes.annotate('', *ends, arrowprops={'arrowstyle': '<->'})
    axes.text(0, -25, 'width', ha='center', va='bottom', fontsize=9)


_NOTE = {'ha': 'center', 'va': 'center', 'fontsize': 10}
_POINTER = {'fontsize': 9, 'arrowprops': {'arrowstyle': '-', 'linewidth': 0.8}}


def _prepare(axes: Axes, title: str, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Make axes whose y points down, as z and rows do here."""
    axes.set_title(title, fontsize=13)
    axes.set_xlim(*x)
    axes.set_ylim(y[1], y[0])
    axes.set_aspect('equal')
    axes.axis('off')


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    by: tuple[float, float],
    colour: str,
    name: str,
    at: tuple[float, float],
) -> None:
    end = (start[0] + by[0], start[1] + by[1])
    look = {'arrowstyle': '-|>', 'color': colour, 'linewidth': 2.2, 'mutation_scale': 16}
    axes.annotate('', end, start, arrowprops=look)
    axes.text(*at, name, color=colour, ha='center', va='center', fontsize=10)


def _into_paper(axes: Axes, name: str, at: tuple[float, float]) -> None:
    """Draw an axis that points away from the reader: a circle with a cross."""
    axes.plot(0, 0, 'o', markersize=17, markerfacecolor='white', markeredgecolor=BLUE)
    axes.plot(0, 0, 'x', markersize=10, color=BLUE, markeredgewidth=2)
    axes.text(*at, name, color=BLUE, ha='center', va='center', fontsize=10)


if __name__ == '__main__':
    main()
