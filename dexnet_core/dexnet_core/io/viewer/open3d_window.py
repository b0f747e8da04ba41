"""Open3D window, or picture of it, with a cloud and the planned grippers."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
from typing import NamedTuple

from dexnet_core.io.drawing.solids import scene_solid
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.planning.grasp import Grasp
import numpy as np
from numpy.typing import NDArray
import open3d as o3d

_TITLE = 'dexnet view'
_SIZE = (1280, 960)
_SPREAD = 0.02
"""Radius in metres of the neighbourhood for surface normals."""
_NEIGHBOURS = 30
_ZOOM = 0.6


class Geometries(NamedTuple):
    """Geometries of the window, metres in the optical frame."""

    cloud: o3d.geometry.PointCloud
    jaws: o3d.geometry.TriangleMesh


def geometries(points: NDArray[np.floating], grasps: Sequence[Grasp]) -> Geometries:
    """Return a cloud with normals towards the camera, and jaws from green (best) to red.

    Args:
        points: (n, 3) metres in the optical frame, n at least 1.
        grasps: Grasps of a parallel jaw, best first.
    """
    solid = scene_solid(points, grasps)
    colours = solid.colours / 255
    cloud = o3d.geometry.PointCloud(_rows(points))
    cloud.colors = _rows(colours[: len(points)])
    near = o3d.geometry.KDTreeSearchParamHybrid(radius=_SPREAD, max_nn=_NEIGHBOURS)
    cloud.estimate_normals(near)
    cloud.orient_normals_towards_camera_location(np.zeros(3))
    apart = solid.faces.ravel()  # triangles that share no corner are shaded flat
    faces = o3d.utility.Vector3iVector(np.arange(len(apart), dtype=np.int32).reshape(-1, 3))
    jaws = o3d.geometry.TriangleMesh(_rows(solid.corners[apart]), faces)
    jaws.vertex_colors = _rows(colours[apart])
    jaws.compute_vertex_normals()
    return Geometries(cloud, jaws)


def show(shown: Geometries, picture: Path | None = None) -> None:
    """Open a window until it is closed, or write a picture of it.

    The view is that of the camera. Pictures need no display if Open3D can render without one.

    Args:
        shown: Geometries to show.
        picture: Path of a .png to write instead of opening a window.

    Raises:
        OSError: There is no display, or the scene cannot be rendered or written.
    """
    if picture is None and not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        raise OSError('there is no display to open a window on; write a picture with --out')
    window = o3d.visualization.Visualizer()
    if not window.create_window(_TITLE, *_SIZE, visible=picture is None):
        raise OSError('Open3D cannot open a window, see its messages above')
    try:
        for item in shown:
            if not item.is_empty():
                window.add_geometry(item)
        _look_forward(window.get_view_control(), shown.cloud)
        if picture is None:
            window.run()
        else:
            _capture(window, picture)
    finally:
        window.destroy_window()


def _look_forward(control: o3d.visualization.ViewControl, cloud: o3d.geometry.PointCloud) -> None:
    """Look along the optical axis, x to the right."""
    control.set_lookat(cloud.get_center())
    control.set_front([0, 0, -1])
    control.set_up([0, -1, 0])
    control.set_zoom(_ZOOM)


def _capture(window: o3d.visualization.Visualizer, picture: Path) -> None:
    with atomic_path(picture) as scratch:
        window.capture_screen_image(str(scratch), do_render=True)
        if not scratch.is_file():
            raise OSError(f'{picture} cannot be written as a picture')


def _rows(values: NDArray[np.floating]) -> o3d.utility.Vector3dVector:
    return o3d.utility.Vector3dVector(np.asarray(values, float).reshape(-1, 3))
