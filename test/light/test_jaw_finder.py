"""What the jaw planner promises, with a stand-in for the network."""

from dataclasses import replace
import shutil

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.planning.grasp import GripperKind, MOST_REFUSED, PlanStatus
from dexnet_core.planning.networks.model_file import shipped_jaw
from dexnet_core.planning.observation import Observation, of_image
from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.segment import segment_image
from dexnet_core.planning.planners import jaw_evaluation
from dexnet_core.planning.planners.jaw_finder import _MOST_PROPOSALS, JawFinder, NO_ROOM
from dexnet_core.planning.planners.jaw_placement import heights_around, surface_points
from dexnet_core.planning.planners.loading import load_jaw_planner
from dexnet_core.planning.planners.planner import ViewPlanner
from dexnet_core.planning.planners.refusals import LOW_SCORE, NOT_EVALUATED
from dexnet_core.planning.planners.scorer import ViewScorer
from dexnet_core.planning.planners.settings import JawSettings
import numpy as np
import pytest

CAMERA = CameraIntrinsics(640, 480, 525.0, 525.0, 319.5, 239.5)
CELLS = JawCells()
MIDDLE = 1  # of the offsets


class Prefers:
    """A network that likes one closing direction on whatever stands out."""

    contract = ModelContract('stand-in', '1', 'parallel_jaw', cup_radius=0.0, jaw=CELLS)

    def __init__(self, angle: int) -> None:
        self.channel = angle * len(CELLS.offsets) + MIDDLE

    def run(self, view):
        stands_out = np.clip(view[0, 1, ::2, ::2], 0, 0.8)
        cells = np.zeros((CELLS.channels, *stands_out.shape), np.float32)
        cells[self.channel] = stands_out
        return cells


class Likes(Prefers):
    """A network that likes one closing direction everywhere."""

    def run(self, view):
        cells = super().run(view)
        cells[self.channel] = 0.8
        return cells


class Reverses:
    """An evaluator that likes best what was proposed last."""

    contract = JawEvaluatorContract('stand-in', '1', 'parallel_jaw')

    def __init__(self, most: float = 1.0) -> None:
        self.most = most

    def run(self, patches, context):
        assert patches.shape[1:] == (4, self.contract.rows, self.contract.columns)
        assert context.shape == (len(patches), 1)
        return np.linspace(0.3 * self.most, self.most, len(patches)).astype(np.float32)


class Answers:
    """An evaluator that gives all jaws it is asked about at once the same score."""

    contract = Reverses.contract

    def __init__(self, *scores: float) -> None:
        self.scores = list(scores)

    def run(self, patches, context):
        return np.full(len(patches), self.scores.pop(0), np.float32)


@pytest.fixture
def no_mirrors(monkeypatch):
    """Evaluators are asked once, and not about mirror images too."""

    def once(run, patches, context, names):
        return run(patches, context)

    monkeypatch.setattr(jaw_evaluation, 'best_over_mirrors', once)


def planner(angle: int, evaluator=None, gripper=None, network=Prefers, **settings) -> ViewPlanner:
    finder = JawFinder(ViewScorer(network(angle)), CELLS, evaluator, gripper)
    return ViewPlanner(finder, JawSettings(**settings))


def table_with_bar() -> np.ndarray:
    """A bar of 40x160x40 mm along v in the middle of a table 0.7 m below the camera."""
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    half = np.round(np.array([0.02, 0.08]) * 525 / 0.66).astype(int)
    depth[240 - half[1] : 240 + half[1], 320 - half[0] : 320 + half[0]] = 0.66
    return depth


@pytest.fixture
def bar() -> Observation:
    return of_image(table_with_bar(), CAMERA)


def test_it_closes_across_the_bar_with_the_measured_opening(bar):
    plan = planner(0).plan(bar)
    assert plan.status is PlanStatus.OK
    for grasp in plan.grasps:
        assert grasp.gripper is GripperKind.PARALLEL_JAW
        np.testing.assert_allclose(grasp.T_camera_grasp[:3, 0], [1, 0, 0], atol=1e-9)
        np.testing.assert_allclose(grasp.approach, [0, 0, 1], atol=1e-9)
        depth = 0.66 + CELLS.offsets[MIDDLE] + CELLS.gripper.tip_reach
        assert grasp.position[2] == pytest.approx(depth, abs=1e-6)
        assert abs(grasp.position[0]) < 0.004
        assert grasp.depth == pytest.approx(grasp.position[2] - 0.66, abs=1e-6)
        assert grasp.width == pytest.approx(0.044, abs=0.008)
        first, second = grasp.contacts
        assert first[0] < grasp.position[0] < second[0]
        assert first[2] == pytest.approx(depth - CELLS.gripper.tip_reach, abs=1e-6)
        np.testing.assert_allclose(grasp.normals, [[-1, 0, 0], [1, 0, 0]], atol=1e-9)
        u, v = grasp.pixel
        z = grasp.position[2]
        assert ((u - 319.5) / 525 * z, (v - 239.5) / 525 * z) == pytest.approx(
            tuple(grasp.position[:2])
        )


def test_along_the_bar_there_is_no_room(bar):
    plan = planner(8).plan(bar)
    assert plan.status is PlanStatus.NO_ROOM
    assert 'no candidate leaves room for fingers and palm' in plan.message
    assert plan.refused[NO_ROOM] > 0
    assert np.isfinite(plan.heatmap).any()


def test_no_finger_goes_down_beyond_the_edge_of_the_image():
    depth = np.roll(table_with_bar(), -306, axis=1)  # the bar ends where the image does
    assert planner(0).plan(of_image(depth, CAMERA)).status is PlanStatus.NO_ROOM
    inside = np.roll(table_with_bar(), -230, axis=1)
    assert planner(0).plan(of_image(inside, CAMERA)).status is PlanStatus.OK


def test_a_narrower_jaw_finds_no_room(bar):
    narrow = planner(0, gripper=replace(CELLS.gripper, max_opening=0.03))
    assert narrow.plan(bar).status is PlanStatus.NO_ROOM


def between_walls(gap: float, depth: float) -> np.ndarray:
    """The table with the bar and two walls along it, as far from it as the gap in metres."""
    image = table_with_bar()
    first = round((0.02 + gap) * 525 / 0.66)
    for columns in (slice(320 + first, 420 + first), slice(220 - first, 320 - first)):
        image[:, columns] = depth
    return image


def on_the_bar(image: np.ndarray, gripper=None, **settings) -> PlanStatus:
    """The status of planning across the bar, whatever is beside it."""
    likes = planner(0, gripper=gripper, network=Likes, **settings)
    return likes.plan(of_image(image, CAMERA, image == np.float32(0.66))).status


def test_walls_beside_the_workspace_are_in_the_way():
    narrow = {'min_x': -0.025, 'max_x': 0.025}
    for settings in ({}, narrow):
        assert on_the_bar(between_walls(0.012, 0.62), **settings) is PlanStatus.NO_ROOM
        assert on_the_bar(table_with_bar(), **settings) is PlanStatus.OK


def test_the_palm_is_as_wide_however_little_the_jaw_may_open():
    for most in (0.085, 0.06):
        # Between these walls is room for the fingers, but none for the palm.
        gripper = replace(CELLS.gripper, max_opening=most)
        assert on_the_bar(between_walls(0.03, 0.6), gripper) is PlanStatus.NO_ROOM
        assert on_the_bar(table_with_bar(), gripper) is PlanStatus.OK


def test_a_narrower_palm_or_longer_fingers_find_room_between_the_same_walls():
    for change in ({'palm_width': 0.08}, {'finger_length': 0.09}):
        gripper = replace(CELLS.gripper, **change)
        assert on_the_bar(between_walls(0.03, 0.6), gripper) is PlanStatus.OK


def lies_on_the_bar(points: np.ndarray) -> np.ndarray:
    """(n,) whether points are on the top of the bar."""
    return (np.abs(points) < [0.021, 0.081, 0.661]).all(axis=1) & (points[:, 2] > 0.659)


@pytest.mark.parametrize(
    ('image', 'gripper'),
    [
        (table_with_bar(), replace(CELLS.gripper, max_opening=0.03)),
        (between_walls(0.012, 0.62), CELLS.gripper),
    ],
    ids=['wider than the jaw', 'beside walls'],
)
def test_where_the_fingers_found_no_room_is_told(image, gripper):
    asked = planner(0, gripper=gripper, network=Likes).with_refused_places()
    plan = asked.plan(of_image(image, CAMERA, image == np.float32(0.66)))
    assert plan.status is PlanStatus.NO_ROOM
    places = plan.refused_places
    assert set(places.reasons) == {NO_ROOM}
    assert len(places.scores) == min(plan.refused[NO_ROOM], MOST_REFUSED)
    assert lies_on_the_bar(places.points).all()


@pytest.mark.usefixtures('no_mirrors')
def test_every_proposal_is_a_grasp_or_is_refused_by_name(bar):
    asked = planner(0, Answers(0.9), max_grasps=3).with_refused_places()
    plan = asked.plan(bar)
    assert plan.refused[NOT_EVALUATED] > 0
    assert plan.refused.total() + len(plan.grasps) == _MOST_PROPOSALS
    assert lies_on_the_bar(plan.refused_places.points).all()


def test_nothing_is_told_and_nothing_changes_unless_it_is_asked_for(bar):
    silent = planner(0, max_grasps=3)
    plan, told = silent.plan(bar), silent.with_refused_places().plan(bar)
    assert not len(plan.refused_places.scores)
    assert len(told.refused_places.scores)
    assert (plan.status, plan.refused) == (told.status, told.refused)
    for grasp, same in zip(plan.grasps, told.grasps, strict=True):
        assert grasp.score == same.score
        np.testing.assert_array_equal(grasp.T_camera_grasp, same.T_camera_grasp)


def test_what_is_far_below_costs_no_memory():
    depth = table_with_bar()
    depth[:, 340:] = 90.0  # beside the bar
    pixels = np.array([[320.0, 240.0]])
    segmented = segment_image(depth, CAMERA, depth == np.float32(0.66), Ground())
    heights = heights_around(segmented, surface_points(segmented, pixels), CELLS.gripper)
    assert heights.depth.size < 1e6


def test_grasps_keep_their_distance_number_and_order(bar):
    grasps = planner(0, max_grasps=3, spacing=0.03).plan(bar).grasps
    assert 1 < len(grasps) <= 3
    assert [g.score for g in grasps] == sorted((g.score for g in grasps), reverse=True)
    for k, grasp in enumerate(grasps):
        for other in grasps[:k]:
            assert np.linalg.norm(grasp.position - other.position) >= 0.03


def test_unmeasured_pixels_inside_the_object_do_no_harm():
    depth = table_with_bar()
    depth[np.random.default_rng(0).random(depth.shape) < 0.2] = 0
    grasps = planner(0).plan(of_image(depth, CAMERA)).grasps
    assert grasps
    assert all(np.isfinite(g.T_camera_grasp).all() for g in grasps)


def test_a_sparse_image_shows_as_much_room_as_a_dense_one():
    depth = table_with_bar()
    depth[np.random.default_rng(0).random(depth.shape) < 0.75] = 0
    assert planner(8).plan(of_image(depth, CAMERA)).status is PlanStatus.NO_ROOM
    (best, *_) = planner(0).plan(of_image(depth, CAMERA)).grasps
    assert best.width == pytest.approx(0.044, abs=0.015)
    assert abs(best.position[0]) < 0.004


def test_low_scores_are_no_candidates(bar):
    plan = planner(0, min_score=0.9).plan(bar)
    assert plan.status is PlanStatus.NO_CANDIDATE


@pytest.mark.usefixtures('no_mirrors')
def test_the_evaluator_decides_the_order_and_the_score(bar):
    every = {'spacing': 0.0, 'max_grasps': 100}
    proposed = planner(0, **every).plan(bar).grasps
    evaluated = planner(0, Reverses(), **every).plan(bar).grasps
    assert len(evaluated) == 100
    for grasp, same in zip(reversed(evaluated), proposed, strict=True):
        np.testing.assert_array_equal(grasp.T_camera_grasp, same.T_camera_grasp)
    scores = [grasp.score for grasp in evaluated]
    np.testing.assert_allclose(scores, np.linspace(1, 0.3, len(scores)), 1e-6)


def test_what_the_evaluator_thinks_little_of_is_no_candidate(bar):
    doubtful = planner(0, Reverses(0.1))
    plan = doubtful.plan(bar)
    assert plan.status is PlanStatus.NO_CANDIDATE
    assert 'nothing scored 0.2' in plan.message
    assert plan.refused[LOW_SCORE] > 0
    lenient = doubtful.with_settings(JawSettings(min_score=0.05))
    assert lenient.plan(bar).grasps


@pytest.mark.usefixtures('no_mirrors')
def test_a_sure_evaluator_is_asked_once(bar):
    plan = planner(0, Answers(0.8)).plan(bar)
    assert {round(grasp.score, 6) for grasp in plan.grasps} == {0.8}


@pytest.mark.usefixtures('no_mirrors')
@pytest.mark.parametrize(
    ('scores', 'turned', 'clearance'),
    [
        ((0.7, 0.6, 0.6, 0.6, 0.6), 0.0, 0.004),
        ((0.1, 0.9, 0.6, 0.6, 0.6), 0.0, 0.002),
        ((0.1, 0.2, 0.9, 0.6, 0.6), 0.0, 0.0005),
        ((0.7, 0.1, 0.6, 0.9, 0.6), -CELLS.half_step, 0.004),
        ((0.7, 0.6, 0.6, 0.1, 0.9), CELLS.half_step, 0.004),
    ],
)
def test_an_unsure_one_is_shown_tight_and_turned_jaws_too(bar, scores, turned, clearance):
    best = planner(0, Answers(*scores)).plan(bar).grasps[0]
    assert best.score == pytest.approx(max(scores))
    closing = [np.cos(turned), np.sin(turned), 0]
    np.testing.assert_allclose(best.T_camera_grasp[:3, 0], closing, atol=1e-9)
    between = np.linalg.norm(np.subtract(*best.contacts))
    assert best.width - between == pytest.approx(2 * clearance)


def test_a_folder_lacking_its_evaluator_is_refused(tmp_path):
    shutil.copy(shipped_jaw() / 'proposals.onnx', tmp_path)
    with pytest.raises(FileNotFoundError, match=r'evaluator\.onnx'):
        load_jaw_planner(tmp_path)
    shutil.copy(shipped_jaw() / 'proposals.onnx', tmp_path / 'evaluator.onnx')
    with pytest.raises(ValueError, match=r'evaluator\.onnx proposes jaws, expected a network'):
        load_jaw_planner(tmp_path)


def test_an_evaluator_in_the_place_of_what_proposes_is_refused(tmp_path):
    evaluator = shipped_jaw() / 'evaluator.onnx'
    for name in ('proposals.onnx', 'evaluator.onnx'):
        shutil.copy(evaluator, tmp_path / name)
    for model, name in ((tmp_path, 'proposals'), (evaluator, 'evaluator')):
        expected = rf'{name}\.onnx evaluates placed jaws, expected a network that proposes them'
        with pytest.raises(ValueError, match=expected):
            load_jaw_planner(model)


def test_files_of_a_folder_may_have_their_names_of_old(bar, tmp_path):
    for new, old in (('proposals', 'cells'), ('evaluator', 'closings')):
        shutil.copy(shipped_jaw() / f'{new}.onnx', tmp_path / f'{old}.onnx')
    plans = [load_jaw_planner(x).plan(bar) for x in (None, tmp_path)]
    shipped, own = ([grasp.score for grasp in plan.grasps] for plan in plans)
    assert shipped == own != []
