"""Conversion of recorded robot picks to trials, the training data of an evaluator.

The file format is that of simulated trials, with one file per pick and one grasp per file. Some
values are unknown on a robot: a failed grasp has the outcome `NOT_HELD` instead of a reason, and
`quality` and clearances are NaN. One image in five is for validation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from dexnet_core.datasets.trials.jaw_trials import JawTrials, write_trials
from dexnet_core.datasets.trials.suction_trials import SuctionTrials, write_suction_trials
from dexnet_core.datasets.views.stored_views import view_path
from dexnet_core.geometry.transform import frames_along, invert
from dexnet_core.io.picks.tried_pick import Pick
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import Gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.cup_patch import CupContacts
from dexnet_core.planning.perception.height_map import HeightMap
from dexnet_core.planning.planners.approach import main_approach
from dexnet_core.planning.planners.approach_views import View, view_along
from dexnet_core.planning.planners.jaw_finder import JawFinder
from dexnet_core.planning.planners.jaw_placement import JawProposals, PlacedJaws, reached_pose
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_core.planning.planners.segmented_scene import segment_scene, SegmentedScene
from dexnet_core.planning.planners.settings import JawSettings, PlannerSettings, SuctionSettings
from dexnet_core.planning.planners.suction_finder import SuctionFinder
from dexnet_core.simulation.picking.outcome import Reason
import numpy as np
from numpy.typing import NDArray

NOT_HELD = 255
"""Outcome of a failed grasp with an unknown reason."""

_FOR_VALIDATION = 5
_SAME = 1 - 1e-6
"""Minimum cosine of the angle between two directions that count as equal."""
_SHOWN_AROUND = 0.01
"""Half side in metres of the image region in which the surface below a pose is searched."""
_AS_FAR, _TURNED = 0.5, 0.7
"""Maximum distance of a proposal along the closing direction, in openings, and maximum rotation,
in steps between the network's angles."""
_ACROSS = 0.006
"""Maximum distance perpendicular to the closing direction in metres, for the default jaw size."""
_NOT_PROPOSED = 0.02
"""Score of a grasp that the network did not propose; proposals have higher scores."""

Finder = JawFinder | SuctionFinder
Trials = JawTrials | SuctionTrials


class OwnTrials(NamedTuple):
    """Summary of the written trials.

    Attributes:
        paths: Files of the trials.
        images: Image number of each trial; trials of the same image have the same number.
        held: Whether the object of each trial was lifted and held.
        grippers: Different grippers of the picks.
        left_out: Number of skipped picks by reason.
    """

    paths: list[Path]
    images: list[int]
    held: list[bool]
    grippers: list[Gripper]
    left_out: dict[str, int]


def require_empty(root: Path) -> None:
    """Raise ValueError if a folder already contains trials, to avoid mixing data sets."""
    if (root / 'views').exists():
        raise ValueError(f'{root} has views already, expected an empty folder')


def write_own_trials(root: Path, picks: Iterable[tuple[str, Pick]], finder: Finder) -> OwnTrials:
    """Write the trials of all picks that have an outcome and a gripper of the finder's kind.

    Args:
        root: Folder of the data set.
        picks: Picks, each with its source for messages.
        finder: Finder whose networks propose grasps.

    Raises:
        ValueError: A pick cannot be used; the message contains its source.
    """
    made = OwnTrials([], [], [], [], {})
    for number, (where, pick) in enumerate(picks):
        reason = _why_not(pick, finder)
        try:
            trials = None if reason else trials_of_pick(pick, finder)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
        if trials is None:
            reason = reason or 'without an object in the image'
            made.left_out[reason] = made.left_out.get(reason, 0) + 1
            continue
        image = crc32(np.ascontiguousarray(pick.seen.depth).data)
        split = 'train' if image % _FOR_VALIDATION else 'val'
        path = view_path(root, split, number, 0)
        if isinstance(trials, JawTrials):
            write_trials(path, trials)
        else:
            write_suction_trials(path, trials)
        made.paths.append(path)
        made.images.append(image)
        made.held.append(bool(pick.held))
        if pick.gripper not in made.grippers:
            made.grippers.append(pick.gripper)
    return made


def trials_of_pick(pick: Pick, finder: Finder) -> Trials | None:
    """Return the executed grasp of a pick in the input format of the planner's evaluator.

    Args:
        pick: Pick with a known outcome and a gripper of the finder's kind.
        finder: Finder whose networks propose grasps.

    Returns:
        The trial; None if the image has no object.

    Raises:
        ValueError: The image cannot be used.
    """
    settings = _settings(pick)
    scene = segment_scene(pick.seen, settings)
    if not scene.has_objects:
        return None
    outcome = list(Reason).index(Reason.HELD) if pick.held else NOT_HELD
    outcomes, quality = np.array([outcome], np.uint8), np.full(1, np.nan)
    pose = pick.offered.poses[pick.tried]
    gripper = pick.gripper
    if isinstance(finder, JawFinder) and isinstance(gripper, JawGripper):
        view = _exact_view(scene, pose[:3, 2])
        heights, placed = _placed(view, pick, finder.with_gripper(gripper))
        return JawTrials(heights, placed, view.down, gripper, outcomes, quality)
    if isinstance(finder, SuctionFinder) and isinstance(gripper, SuctionCup):
        view = view_along(scene, main_approach(scene, settings).direction)
        contacts = _contacts(view, pose, finder.with_gripper(gripper))
        return SuctionTrials(view.segmented, contacts, view.down, gripper, outcomes, quality)
    kinds = f'{type(gripper).__name__} for a {type(finder).__name__}'
    raise ValueError(f'the gripper is a {kinds}, expected a gripper of the same kind')


def _why_not(pick: Pick, finder: Finder) -> str:
    """Return the reason to skip a pick; empty if it is used."""
    kind = JawGripper if isinstance(finder, JawFinder) else SuctionCup
    if not isinstance(pick.gripper, kind):
        return 'with another kind of gripper'
    return '' if pick.tried is not None and pick.held is not None else 'without an outcome'


def _settings(pick: Pick) -> PlannerSettings:
    """Return the planner settings of a pick; unknown settings of newer versions are ignored."""
    usual = JawSettings if isinstance(pick.gripper, JawGripper) else SuctionSettings
    kinds = planner_kinds()
    kind = kinds[pick.made.planner].settings if pick.made.planner in kinds else usual
    known = {item.name for item in fields(kind)}
    return kind(**{name: value for name, value in pick.made.settings.items() if name in known})


def _exact_view(scene: SegmentedScene, direction: NDArray[np.float64]) -> View:
    """Return a view exactly along a direction (3,), which the placement of a jaw requires."""
    axis = scene.observation.axis
    if axis is not None and axis @ direction >= _SAME:
        return view_along(scene, direction)
    free = replace(scene, observation=replace(scene.observation, axis=None))
    return view_along(free, direction)


def _placed(view: View, pick: Pick, finder: JawFinder) -> tuple[HeightMap, PlacedJaws]:
    """Return the height map around the executed grasp, and the jaw on it."""
    gripper = finder.gripper
    reached = reached_pose(pick.offered.poses[pick.tried], gripper)
    pose = invert(view.T_frame_view) @ reached
    middle = pose[:3, 3] - gripper.tip_reach * pose[:3, 2]
    offset = pick.offered.depths[pick.tried] - gripper.tip_reach
    if not np.isfinite(offset):
        offset = middle[2] - _surface_at(view, middle)
    point = middle - [0, 0, offset]
    angle = float(np.arctan2(pose[1, 0], pose[0, 0]))
    proposals = finder.propose(view.segmented, JawSettings())
    score = _score_at(proposals, point, angle, finder)
    around = proposals._replace(points=np.vstack([proposals.points, point]))
    placed = PlacedJaws(
        *(np.array([value]) for value in (middle, angle, pick.offered.widths[pick.tried])),
        *(np.array([value]) for value in (offset, np.nan, score)),
    )
    return finder.heights(view.segmented, around), placed


def _surface_at(view: View, middle: NDArray[np.float64]) -> float:
    """Return the surface depth in metres around a point; the depth of the point if none."""
    segmented = view.segmented
    camera = segmented.camera
    u, v = (
        round(middle[k] / middle[2] * focal + centre)
        for k, focal, centre in ((0, camera.fx, camera.cx), (1, camera.fy, camera.cy))
    )
    reach = max(round(_SHOWN_AROUND * camera.fx / middle[2]), 1)
    part = (slice(max(v - reach, 0), v + reach + 1), slice(max(u - reach, 0), u + reach + 1))
    depth = segmented.depth[part][segmented.objects[part]]
    return float(np.percentile(depth, 10)) if depth.size else float(middle[2])


def _score_at(
    proposals: JawProposals, point: NDArray[np.float64], angle: float, finder: JawFinder
) -> float:
    """Return the score of the nearest proposal from which the jaw could have been placed.

    If there is no free space for the fingers at a proposal, the placement shifts them along the
    closing direction and rotates them by up to half a step.
    """
    closing = np.array([np.cos(angle), np.sin(angle)])
    apart = (point - proposals.points)[:, :2]
    along, across = np.abs(apart @ closing), np.abs(apart @ [-closing[1], closing[0]])
    turned = np.abs((proposals.angles - angle + np.pi / 2) % np.pi - np.pi / 2)
    near = along <= _AS_FAR * finder.gripper.max_opening
    near &= (across <= _ACROSS * finder.scale) & (turned <= _TURNED * np.pi / finder.cells.angles)
    if not near.any():
        return _NOT_PROPOSED
    nearest = np.flatnonzero(near)[np.argmin(across[near] + 0.1 * along[near])]
    return float(proposals.scores[nearest])


def _contacts(view: View, pose: NDArray[np.float64], finder: SuctionFinder) -> CupContacts:
    """Return the executed contact; its roll about the approach is that of the planner's frames."""
    pose = invert(view.T_frame_view) @ pose
    pose[:3, :3] = frames_along(pose[:3, 2])
    return CupContacts(pose[None], finder.proposal_quality_at(view.segmented, pose[None, :3, 3]))
