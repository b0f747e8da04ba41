"""Input of a planner: a depth image with its camera or a point cloud, and optional knowledge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import unit
import numpy as np
from numpy.typing import NDArray


class SeenImage(NamedTuple):
    """A depth image and the camera that took it.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics at the size of the image.
    """

    depth: NDArray[np.float32]
    camera: CameraIntrinsics


@dataclass(frozen=True)
class Observation:
    """Measurements of one or several cameras in one frame; planned grasps are in the same frame.

    Use `of_image`, `of_optical_cloud` or `of_cloud`.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen. None for a
            cloud.
        camera: Intrinsics at the size of the image; None for a cloud.
        points: (n, 3) or organised (H, W, 3) metres; NaN, infinite or all zero where nothing was
            seen. None for an image.
        mask: Shape of the image, or of the cloud without its last axis. True where grasps are
            allowed; with None, the planner segments the objects.
        labels: Shape as the mask, int: the object that each pixel or point belongs to, 0 for none.
            Grasps are allowed where a label is not 0.
        up: (3,) unit vector against gravity; None if unknown.
        up_from: Source of up, for messages.
        axis: (3,) unit vector of the camera's viewing direction; None if unknown or if there were
            several cameras.
        viewpoint: (3,) metres, position of the camera; None if unknown.
        avoid: (k, 3) metres, places of failed grasps, near which no grasp is planned; None for
            none. See `dexnet_core.planning.planners.failed_places`.

    Raises:
        ValueError: The attributes do not fit each other.
    """

    depth: NDArray[np.float32] | None = None
    camera: CameraIntrinsics | None = None
    points: NDArray[np.generic] | None = None
    mask: NDArray[np.bool_] | None = None
    labels: NDArray[np.integer] | None = None
    up: NDArray[np.float64] | None = None
    up_from: str = 'given'
    axis: NDArray[np.float64] | None = None
    viewpoint: NDArray[np.float64] | None = None
    avoid: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if (self.depth is None) == (self.points is None):
            raise ValueError('an observation has either a depth image or points')
        if (self.depth is None) != (self.camera is None):
            raise ValueError('a depth image has a camera, a cloud has none')
        if self.depth is not None and self.camera is not None:
            self.camera.require_shape(self.depth.shape, 'depth')
        self._require_shape(self.mask, 'mask')
        self._require_shape(self.labels, 'labels')
        if self.mask is not None and self.labels is not None:
            raise ValueError('an observation has either a mask or labels')
        for name in ('up', 'axis'):
            _require_direction(getattr(self, name), name)
        if self.avoid is not None and self.avoid.shape != (len(self.avoid), 3):
            raise ValueError(f'avoid is {self.avoid.shape}, expected (k, 3)')

    @property
    def is_image(self) -> bool:
        """Whether this is a depth image."""
        return self.depth is not None

    @property
    def image(self) -> SeenImage:
        """The depth image and its camera.

        Raises:
            ValueError: This is a cloud.
        """
        if self.depth is None or self.camera is None:
            raise ValueError('the observation is a cloud, expected a depth image')
        return SeenImage(self.depth, self.camera)

    @property
    def cloud(self) -> NDArray[np.generic]:
        """The points.

        Raises:
            ValueError: This is a depth image.
        """
        if self.points is None:
            raise ValueError('the observation is a depth image, expected a cloud')
        return self.points

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) of an image or organised cloud, (n,) of another cloud."""
        return self.depth.shape if self.depth is not None else self.cloud.shape[:-1]

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """Where grasps are allowed, shape as the mask; with None, the planner segments objects."""
        return self.mask if self.labels is None else self.labels != 0

    def with_up(self, up: NDArray[np.floating], comes_from: str) -> Observation:
        """Return the observation with up (3,), of any non-zero length, and the source of up.

        Raises:
            ValueError: up is not a direction.
        """
        return replace(self, up=_direction(up), up_from=comes_from)

    def _require_shape(self, values: NDArray[np.generic] | None, what: str) -> None:
        if values is None:
            return
        if self.camera is not None:
            self.camera.require_shape(values.shape, what)
        elif values.shape != self.shape:
            raise ValueError(f'{what} is {values.shape}, cloud is {self.shape}')


def of_image(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    mask: NDArray[np.bool_] | None = None,
    labels: NDArray[np.integer] | None = None,
    up: NDArray[np.floating] | None = None,
    avoid: NDArray[np.float64] | None = None,
) -> Observation:
    """Return the observation of a depth image, in the optical frame (x right, y down, z forward).

    Raises:
        ValueError: The shapes do not fit each other, or up is not a direction.
    """
    return Observation(
        depth=depth,
        camera=camera,
        mask=mask,
        labels=labels,
        up=_direction(up),
        axis=np.array([0.0, 0.0, 1.0]),
        viewpoint=np.zeros(3),
        avoid=avoid,
    )


def of_optical_cloud(
    points: NDArray[np.generic],
    mask: NDArray[np.bool_] | None = None,
    labels: NDArray[np.integer] | None = None,
    up: NDArray[np.floating] | None = None,
) -> Observation:
    """Return the observation of a cloud in the optical frame of its only camera.

    Raises:
        ValueError: The shapes do not fit each other, or up is not a direction.
    """
    return Observation(
        points=points,
        mask=mask,
        labels=labels,
        up=_direction(up),
        axis=np.array([0.0, 0.0, 1.0]),
        viewpoint=np.zeros(3),
    )


def of_cloud(
    points: NDArray[np.generic],
    up: NDArray[np.floating],
    mask: NDArray[np.bool_] | None = None,
    labels: NDArray[np.integer] | None = None,
    viewpoint: NDArray[np.floating] | None = None,
) -> Observation:
    """Return the observation of a cloud in any frame, such as that of a robot's base.

    Args:
        points: (n, 3) or organised (H, W, 3) metres.
        up: (3,) direction against gravity in that frame, of any non-zero length.
        mask: See `Observation`.
        labels: See `Observation`.
        viewpoint: (3,) metres, position of the only camera; None if unknown or not the only one.

    Raises:
        ValueError: The shapes do not fit each other, or up is not a direction.
    """
    at = None if viewpoint is None else np.asarray(viewpoint, float)
    return Observation(points=points, mask=mask, labels=labels, up=_direction(up), viewpoint=at)


def _direction(values: NDArray[np.floating] | None) -> NDArray[np.float64] | None:
    return None if values is None else unit(np.asarray(values, float))


def _require_direction(values: NDArray[np.float64] | None, what: str) -> None:
    if values is not None and not (
        values.shape == (3,) and np.isfinite(values).all() and values.any()
    ):
        raise ValueError(f'{what} is {values}, expected a direction of three numbers')
