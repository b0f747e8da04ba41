"""Random candidate grasps of labelled views, on pixels with a simulated measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from dexnet_core.datasets.crops.releases import DEXNET_2, DEXNET_3, Release
from dexnet_core.datasets.views.stored_views import LabelledView
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.values.typed_values import typed_values
from dexnet_core.planning.values.yaml_values import read_mapping
from dexnet_core.simulation.jaw.epsilon import GOOD, quality_of
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.suction.cup_model import SpringCup
import numpy as np
from numpy.typing import NDArray

T = TypeVar('T')
_SEEDS = 7_000_000
"""Seed offset that makes the noise differ from that of training and evaluation scenes."""


@dataclass(frozen=True)
class ViewGripper:
    """Gripper of a set of labelled views.

    Attributes:
        release: Published release with the same kind of gripper.
        good: Quality above which a candidate is good.
        cup_radius: Cup radius in metres; 0 for a jaw.
        jaw: Channels of a pixel; None for suction, which has one channel.
    """

    release: Release
    good: float
    cup_radius: float = 0.0
    jaw: JawCells | None = None

    def published_metric(self, quality: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return quality (n,) in the units of the release, scaled so the thresholds agree."""
        return np.asarray(quality, float) * (self.release.threshold / self.good)


class Candidates(NamedTuple):
    """n labelled candidates of a view.

    Attributes:
        pixels: (n, 2) float pixel coordinates (u, v).
        channels: (n,) int channel, see `JawCells`; 0 for suction.
        quality: (n,) float robust quality.
    """

    pixels: NDArray[np.float64]
    channels: NDArray[np.int64]
    quality: NDArray[np.float64]


def gripper_of_views(root: Path, gripper: str) -> ViewGripper:
    """Return the gripper of a set of labelled views.

    Args:
        root: Data set folder of `dexnet generate`.
        gripper: Expected kind, `suction` or `jaw`.

    Raises:
        FileNotFoundError: There is no data set.
        ValueError: The data set is for the other kind of gripper.
    """
    path = root / 'dataset.json'
    if gripper == 'suction':
        cup = _part_of(path, 'cup', SpringCup)
        return ViewGripper(DEXNET_3, DEXNET_3.threshold, cup_radius=cup.radius)
    cells = _part_of(path, 'cells', JawCells)
    return ViewGripper(DEXNET_2, float(quality_of(GOOD, cells.gripper.pad_radius)), jaw=cells)


def contract_of_views(root: Path, usual: ModelContract) -> ModelContract:
    """Return the contract of a network that is trained on a set of labelled views.

    Args:
        root: Data set folder of `dexnet generate`.
        usual: Contract of the shipped model. The gripper is replaced by that of the set, and for a
            jaw the view is scaled by its opening, as a planner does.

    Raises:
        FileNotFoundError: There is no data set.
        ValueError: The data set is for the other kind of gripper.
    """
    gripper = gripper_of_views(root, 'jaw' if usual.jaw else 'suction')
    if usual.jaw and gripper.jaw:
        opening = gripper.jaw.gripper.max_opening
        usual = usual.scaled(opening / usual.jaw.gripper.max_opening)
    return replace(usual, cup_radius=gripper.cup_radius, jaw=gripper.jaw)


def measured_view(stored: LabelledView, noise: NoiseSettings, number: int) -> SegmentedImage:
    """Return a simulated noisy measurement of a view; its number is the seed of the noise."""
    rng = np.random.default_rng((_SEEDS, number))
    depth = measure(stored.depth, stored.camera.fx, noise, rng)
    return SegmentedImage(depth, stored.object_mask & (depth > 0), stored.camera)


def draw_candidates(
    stored: LabelledView,
    segmented: SegmentedImage,
    count: int,
    rng: np.random.Generator,
    good: float | None = None,
) -> Candidates:
    """Draw candidates without replacement from all channels of measured, labelled pixels.

    Args:
        stored: View with labels.
        segmented: Noisy view; only its object pixels are used.
        count: Maximum number of candidates; fewer if there are not enough.
        rng: Random generator.
        good: Quality threshold. Half of the candidates are above it, if there are enough. None:
            uniform sampling.
    """
    pixels, quality = stored.labels
    u, v = pixels.astype(int).T
    measured = segmented.objects[v, u]
    pixels, quality = pixels[measured], quality[measured]
    channels, flat = int(np.prod(quality.shape[1:])), quality.ravel()
    if good is None:
        chosen = _some(np.arange(flat.size), count, rng)
    else:
        best = _some(np.flatnonzero(flat > good), count // 2, rng)
        chosen = np.append(best, _some(np.flatnonzero(flat <= good), count - len(best), rng))
    row, channel = np.divmod(chosen, channels)
    return Candidates(pixels[row].astype(float), channel, flat[chosen].astype(float))


def _some(numbers: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(numbers, min(count, len(numbers)), replace=False, shuffle=False)


def _part_of(path: Path, key: str, kind: type[T]) -> T:
    """Read one section of a configuration; reading all of it would import the renderer."""
    values = read_mapping(path)
    if not isinstance(values.get(key), dict):
        raise ValueError(f'{path} has no section {key!r}: the set is for another gripper')
    return typed_values(kind, values[key], f'{path}, {key}')
