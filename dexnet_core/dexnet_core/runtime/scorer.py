"""From an observed scene to the quality of cells, by whatever network a model file holds."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.metric_view import metric_view
from dexnet_core.perception.segment import box_around, Observed
from dexnet_core.runtime.session import NetworkSession
import numpy as np
from numpy.typing import NDArray

_CONTEXT = 0.07
"""Metres around the objects that the network gets to see."""


class Sight(NamedTuple):
    """What a network is shown.

    Attributes:
        tensor: Input of the network, float32.
        grid: Where the cells of its answer lie in the image.
    """

    tensor: NDArray[np.float32]
    grid: CellGrid


class Scorer(Protocol):
    """A network and how it is fed."""

    @property
    def name(self) -> str:
        """Name and version of the network."""

    def scaled(self, scale: float) -> Scorer:
        """Return what feeds the same network for a gripper that is so many times as large."""

    def look(self, observed: Observed) -> Sight:
        """Prepare the input; there is at least one object pixel."""

    def score(self, sight: Sight) -> NDArray[np.float32]:
        """Return (channels, h, w) quality in [0, 1] of the cells of the sight's grid."""


class ViewScorer:
    """A fully convolutional network on the metric view around the objects."""

    def __init__(self, session: NetworkSession, scale: float = 1.0) -> None:
        """Feed a network.

        Args:
            session: The network.
            scale: Size of the gripper over that of the gripper of the network.
        """
        self._session = session
        self._scale = scale
        self._contract = session.contract.scaled(scale)

    @property
    def name(self) -> str:
        """Name and version of the network."""
        return f'{self._session.contract.name} {self._session.contract.version}'

    def scaled(self, scale: float) -> ViewScorer:
        """Return what feeds the same network for a gripper of another size."""
        return ViewScorer(self._session, scale)

    def look(self, observed: Observed) -> Sight:
        """Return the metric view of the objects and what is around them."""
        depth, objects, camera = observed.depth, observed.objects, observed.camera
        reference = float(np.median(depth[objects]))
        box = box_around(objects, round(_CONTEXT * self._scale * camera.fx / reference))
        view = metric_view(depth, camera, reference, self._contract, box)
        return Sight(view.tensor, view.grid)

    def score(self, sight: Sight) -> NDArray[np.float32]:
        """Return (channels, h, w) quality of the cells."""
        return self._session.run(sight.tensor)
