"""A planned contact is judged where it touches, on the exact scene."""

from multiprocessing import dummy
from types import SimpleNamespace

from dexnet_core.datasets.suction_labeller import SuctionGenerationConfig
from dexnet_core.evaluation import scenes
from dexnet_core.evaluation.baselines import flattest_patch, random_point
from dexnet_core.evaluation.contacts import contact_quality
from dexnet_core.evaluation.report import report
from dexnet_core.evaluation.scenes import evaluate_scene, SceneResult
from dexnet_core.evaluation.suction_judge import SuctionEvaluation, SuctionJudge
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_along
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.objects.grasp_object import grasp_object
from dexnet_core.perception.segment import Observed
from dexnet_core.scenes.random_scene import SceneRange
from dexnet_core.scenes.scene import Scene, SceneObject
from dexnet_core.scenes.view import look_along, render
from dexnet_core.suction.cup import sample_perturbations, SuctionCup
import numpy as np
import pytest
import trimesh

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
SAMPLES = sample_perturbations(64, 0)


def standing(size, x=0.0) -> SceneObject:
    pose = np.eye(4)
    pose[:3, 3] = x, 0, size[2] / 2
    return SceneObject(grasp_object(f'box{x}', [trimesh.creation.box(size)]), pose)


@pytest.fixture(scope='module')
def view():
    """A low box in the middle with a high one 60 mm to its right, from 0.5 m above."""
    scene = Scene((standing((0.08, 0.08, 0.03)), standing((0.03, 0.08, 0.12), x=0.06)))
    above = look_along(np.array([0, 0, 0.5]), np.array([0, 0, -1.0]))
    return scene, render(scene, CAMERA, above)


def quality(view, x, height, approach=(0, 0, 1)) -> float:
    """Judge a contact planned at world (x, 0, height); world x is camera x here."""
    scene, rendered = view
    T_camera_world = np.linalg.inv(rendered.T_world_camera)
    point = (T_camera_world @ [x, 0, height, 1])[:3]
    grasp = Grasp(
        Gripper.SUCTION, pose_along(point, np.array(approach, float)), 1.0, (0, 0), point, point
    )
    return contact_quality(scene, rendered, grasp, SAMPLES, SuctionCup())


def test_middle_of_a_box_is_good_also_when_planned_too_high_or_too_low(view):
    assert quality(view, 0.0, 0.03) > 0.5
    assert quality(view, 0.0, 0.04) == quality(view, 0.0, 0.03) == quality(view, 0.0, 0.02)


def test_nothing_is_good_off_the_objects_or_out_of_reach(view):
    assert quality(view, -0.1, 0.0) == 0
    assert quality(view, 0.0, 0.08) == 0


def test_far_from_the_centre_tilted_or_beside_a_wall_is_bad(view):
    assert quality(view, -0.03, 0.03) < 0.05
    assert quality(view, 0.0, 0.03, approach=(0.5, 0, 1)) < 0.05
    assert quality(view, 0.039, 0.03) == 0


def test_baselines_answer_with_contacts_on_objects(view):
    _, rendered = view
    observed = Observed(rendered.depth, rendered.object_mask, CAMERA)
    for choose in (flattest_patch, random_point):
        grasp = choose(0.0075, observed, np.random.default_rng(0))
        u, v = np.round(grasp.pixel).astype(int)
        assert rendered.object_mask[v, u]
    nothing = Observed(rendered.depth, np.zeros(CAMERA.shape, bool), CAMERA)
    for choose in (flattest_patch, random_point):
        assert choose(0.0075, nothing, np.random.default_rng(0)) is None


def test_scenes_are_reproducible():
    few = SuctionGenerationConfig(objects=120, scenes=SceneRange(single=1.0))
    judge = SuctionJudge(SuctionEvaluation(data=few))
    results = [evaluate_scene(judge, k) for k in range(4)]
    assert any(results)
    assert results == [evaluate_scene(judge, k) for k in range(4)]


@pytest.mark.parametrize(('wanted', 'judged'), [(1, 1), (2, 2), (3, 2)])
def test_scenes_without_a_good_grasp_do_not_count(wanted, judged, monkeypatch, caplog):
    """Of scenes that all but the first and the seventh hold none, in threads."""
    threads = SimpleNamespace(get_context=lambda _: dummy)
    monkeypatch.setattr(scenes, 'multiprocessing', threads)
    monkeypatch.setattr(scenes, 'evaluate_scene', lambda _, k: k if k in (0, 6) else None)
    judge = SimpleNamespace(config=SuctionEvaluation(scenes=wanted))
    assert scenes.evaluate(judge, 2, lambda items, *_: items) == [0, 6][:judged]
    assert ('2 of 12 scenes' in caplog.text) == (judged < wanted)


def test_report_counts_what_is_good():
    results = [
        SceneResult(k, 0.5, 450, (), {'network': q, 'random': 0.0}, q, 'OK')
        for k, q in enumerate((0.1, 0.9))
    ]
    text = report(results, 0.2)
    assert '| all | 2 | 50.0% | 0.0% |' in text
    assert '| camera height 0.4 to 0.6 m | 2 | 50.0%' in text
    assert '| camera height 0.6 to 0.8 m | 0 | -' in text
    assert "| network's score 0.10 to 0.10 | 1 | 0.0%" in text
    assert "| network's score 0.90 to 0.90 | 1 | 100.0%" in text
