"""Animated GIF of a round: the scene with the gripper, seen from the side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
from dexnet_core.geometry.transform import pose_matrix, unit
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.simulation.picking.world import World
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.scenes.rendered_view import look_along
import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image
import trimesh

_CAMERA = CameraIntrinsics(400, 300, 420.0, 420.0, 199.5, 149.5)
_AXIS = np.array([0.55, 0.45, -0.75])
_AIM, _AWAY = np.array([0.0, 0.0, 0.05]), 0.82
_LIGHT = np.array([0.3, -0.4, 0.86])
_PERIOD_S = 0.08
_FRAME_MS = 80
_LAST_MS = 2000
_HUES = 16
_LEVELS = 12
"""Number of brightness levels; few colours give small files."""
_COLOURS = 128
_FLOOR, _WALL, _HAND = (205, 200, 190), (150, 165, 180), (70, 60, 55)
_SKY = (250, 248, 245)
_SIDE = 4.0
_WORLD = 0
"""MuJoCo's body id of floor and walls."""


class Film:
    """Records a picture of a world every 0.08 s of simulated time."""

    def __init__(self) -> None:
        self._frames: list[NDArray[np.uint8]] = []
        self._last = -np.inf
        self._rays = pixel_rays(*_pixels(), _CAMERA)

    def __call__(self, world: World) -> None:
        """Record a picture if at least 0.08 s have passed since the last one."""
        now = float(world.data.time)
        if 0 <= now - self._last < _PERIOD_S:
            return
        self._last = now
        self._frames.append(self._picture(world))

    def write(self, path: Path) -> None:
        """Write the recorded pictures as an animated GIF."""
        palette = Image.fromarray(np.hstack(self._frames[:: max(1, len(self._frames) // 8)]))
        palette = palette.quantize(_COLOURS, dither=Image.Dither.NONE)
        first, *others = [
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
            for frame in self._frames
        ]
        shown_ms = [_FRAME_MS] * len(others) + [_LAST_MS]
        with atomic_path(path) as scratch:
            first.save(scratch, save_all=True, append_images=others, duration=shown_ms, loop=0)

    def _picture(self, world: World) -> NDArray[np.uint8]:
        """Return an RGB picture (H, W, 3)."""
        parts = _parts(world)
        mesh = cast('trimesh.Trimesh', trimesh.util.concatenate([part for part, _ in parts]))
        colours = np.repeat([colour for _, colour in parts], [len(p.faces) for p, _ in parts], 0)
        caster = RayCaster(mesh)
        level = float(np.arctan2(-_AXIS[0], _AXIS[1]))
        T_world_camera = look_along(_AIM - _AWAY * unit(_AXIS), _AXIS, level)
        rays = self._rays @ T_world_camera[:3, :3].T
        hits = caster.first_hits(np.broadcast_to(T_world_camera[:3, 3], rays.shape), rays)
        seen = hits.triangle >= 0
        face = hits.triangle[seen]
        normals = np.asarray(mesh.face_normals)[face]
        places = T_world_camera[:3, 3] + rays[seen] * hits.distance[seen, None] + 1e-4 * normals
        shadow = caster.first_hits(places, np.broadcast_to(_LIGHT, places.shape)).triangle >= 0
        light = 0.45 + 0.55 * np.clip(normals @ _LIGHT, 0, 1) * np.where(shadow, 0.35, 1)
        picture = np.full((len(rays), 3), _SKY, np.uint8)
        picture[seen] = colours[face] * (np.round(light * _LEVELS) / _LEVELS)[:, None]
        return picture.reshape(*_CAMERA.shape, 3)


def _pixels() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    v, u = np.mgrid[: _CAMERA.height, : _CAMERA.width]
    return u.ravel(), v.ravel()


def _parts(world: World) -> list[tuple[trimesh.Trimesh, NDArray[np.float64]]]:
    """Return all visible meshes in the world frame with their RGB colours."""
    scene = world.scene()
    floor = trimesh.creation.box((_SIDE, _SIDE, 0.02)).apply_translation((0, 0, -0.01))
    parts = [(floor, np.array(_FLOOR, float))]
    for centre, size in scene.bin.walls() if scene.bin else ():
        wall = trimesh.creation.box(size).apply_translation(centre)
        parts.append((wall, np.array(_WALL, float)))
    for k, item in zip(world.present, scene.objects, strict=True):
        mesh = item.object.mesh.copy().apply_transform(item.T_world_object)
        parts.append((mesh, _hue(k)))
    parts += [(mesh, np.array(_HAND, float)) for mesh in _hand_parts(world)]
    return parts


def _hand_parts(world: World) -> Iterator[trimesh.Trimesh]:
    """Yield the boxes and cylinders of the gripper at their current poses."""
    model, data = world.model, world.data
    for geom in range(model.ngeom):
        kind, size = model.geom_type[geom], model.geom_size[geom]
        body = model.geom_bodyid[geom]
        if body == _WORLD or world.object_of(body) is not None:
            continue
        if kind == mujoco.mjtGeom.mjGEOM_BOX:
            mesh = trimesh.creation.box(2 * size)
        else:
            mesh = trimesh.creation.cylinder(size[0], 2 * size[1])
        rotation = data.geom_xmat[geom].reshape(3, 3)
        yield mesh.apply_transform(pose_matrix(data.geom_xpos[geom], rotation))


def _hue(k: int) -> NDArray[np.float64]:
    """Return the RGB colour of object k; consecutive objects have very different hues."""
    hue = np.uint8(7 * k % _HUES * 180 / _HUES)
    pixel = np.array([[[hue, 150, 235]]], np.uint8)
    colour: NDArray[np.float64] = cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0].astype(float)
    return colour
