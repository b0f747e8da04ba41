"""Grasps that a planner places are tried in physics, stored, and shown to networks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')

from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialLabeller
from dexnet_core.datasets.trials.jaw_trials import (
    GRIPPER_FIELDS,
    JawTrials,
    read_trials,
    write_trials,
)
from dexnet_core.datasets.trials.suction_trials import read_suction_trials, write_suction_trials
from dexnet_core.datasets.trials.trial_samples import trial_inputs, TrialSamples
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import transform_points
from dexnet_core.models.evaluator_networks import EVALUATORS
from dexnet_core.planning.contracts.evaluator_contracts import (
    CONTEXT,
    CUP_CONTEXT,
    JawEvaluatorContract,
)
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.height_map import FAR, HeightMap
from dexnet_core.planning.planners.jaw_evaluation import LEAST_PROPOSAL
from dexnet_core.planning.planners.jaw_placement import PlacedJaws
from dexnet_core.simulation.objects.grasp_object import Split
from dexnet_core.simulation.objects.object_source import objects_of
from dexnet_core.simulation.picking.outcome import Reason
from dexnet_core.simulation.scenes.random_scene import random_scene
from tiny_trials import generate_trials, LABELLERS, quietly
import torch

READERS = {'jaw': read_trials, 'suction': read_suction_trials}
WRITERS = {'jaw': write_trials, 'suction': write_suction_trials}


@pytest.fixture(scope='module')
def sets(tmp_path_factory):
    """The folder of a tiny set by the kind of its gripper."""
    return {kind: generate_trials(kind, tmp_path_factory.mktemp(kind)) for kind in LABELLERS}


@pytest.fixture(params=LABELLERS)
def kind(request):
    return request.param


@pytest.fixture
def made(sets, kind):
    return sets[kind]


@pytest.fixture
def tried(made, kind):
    return some_of(made, kind)


def some_of(root, kind):
    """The trials of all views that have some."""
    every = [READERS[kind](path) for path in view_paths(root, 'train')]
    return [trials for trials in every if len(trials.outcomes)]


def test_generation_goes_on_where_it_was_killed_and_gives_the_same(made, kind):
    first = view_paths(made, 'train')[0]
    before = first.read_bytes()
    first.unlink()
    generate_trials(kind, made)
    assert first.read_bytes() == before


def test_some_grasps_hold_and_some_do_not(tried, kind):
    assert tried
    held = np.concatenate([trials.held for trials in tried])
    assert 0 < held.sum() < len(held)
    assert set(np.unique(np.concatenate([t.outcomes for t in tried]))) <= set(range(len(Reason)))
    for trials in tried:
        assert len(trials.outcomes) <= LABELLERS[kind].config.per_view
        assert np.linalg.norm(trials.down) == pytest.approx(1)
        scores = trials.placed.scores if kind == 'jaw' else trials.contacts.proposed
        assert ((scores >= 0) & (scores <= 1)).all()


def test_every_grasp_has_its_quality_on_the_exact_meshes(sets):
    """Whether it tells what holds is asked of thousands, by `dexnet analyze trials`."""
    tried = some_of(sets['jaw'], 'jaw')
    quality = np.concatenate([trials.quality for trials in tried])
    assert len(quality) == sum(len(trials.held) for trials in tried)
    assert ((quality >= 0) & (quality <= 1)).all()
    assert quality.any()


def test_files_keep_what_was_tried(tried, kind, tmp_path):
    for trials in tried:
        WRITERS[kind](tmp_path / 'view.npz', trials)
        again = READERS[kind](tmp_path / 'view.npz')
        np.testing.assert_array_equal(again.outcomes, trials.outcomes)
        np.testing.assert_array_equal(again.down, trials.down)
        if kind == 'jaw':
            assert again.gripper == trials.gripper
            np.testing.assert_allclose(again.heights.depth, trials.heights.depth, atol=6e-5)
            assert again.heights[1:] == trials.heights[1:]
            for got, expected in zip(again.placed, trials.placed, strict=True):
                np.testing.assert_array_equal(got, expected)
        else:
            assert again.cup == trials.cup
            np.testing.assert_array_equal(again.contacts.poses, trials.contacts.poses)
            ours = deproject(again.segmented.depth, again.segmented.camera)
            theirs = deproject(trials.segmented.depth, trials.segmented.camera)
            np.testing.assert_allclose(ours, theirs, atol=6e-5)


def test_jaws_may_be_fitted_at_random_points(tmp_path):
    labeller = JawTrialLabeller(replace(LABELLERS['jaw'].config, fitted=1.0, train_scenes=1))
    generate(labeller, tmp_path, 1, quietly)
    trials = [read_trials(path) for path in view_paths(tmp_path, 'train')]
    scores = np.concatenate([view.placed.scores for view in trials])
    assert len(scores)
    np.testing.assert_allclose(scores, LEAST_PROPOSAL, rtol=1e-6)
    with pytest.raises(ValueError, match=r'fitted is 1.5'):
        replace(labeller.config, fitted=1.5)


@pytest.mark.parametrize('spoil', ['cut', 'no archive', 'one key missing', 'fewer outcomes'])
def test_a_damaged_file_is_named(made, kind, tmp_path, spoil):
    path = tmp_path / 'view.npz'
    source = view_paths(made, 'train')[0]
    with np.load(source) as file:
        values = dict(file)
    if spoil == 'cut':
        path.write_bytes(source.read_bytes()[:-200])
    elif spoil == 'no archive':
        path.write_bytes(b'nonsense')
    elif spoil == 'one key missing':
        del values['down']
        np.savez(path, **values)
    else:
        np.savez(path, **{**values, 'outcomes': np.zeros(99, np.uint8)})
    with pytest.raises(ValueError, match=r'view\.npz'):
        READERS[kind](path)


def test_a_gripper_of_other_numbers_is_named(made, kind, tmp_path):
    name = 'gripper' if kind == 'jaw' else 'cup'
    with np.load(view_paths(made, 'train')[0]) as file:
        values = dict(file)
    for wrong in (values[name][:-1], 0 * values[name]):
        np.savez(tmp_path / 'view.npz', **{**values, name: wrong})
        with pytest.raises(ValueError, match=r'view\.npz'):
            READERS[kind](tmp_path / 'view.npz')


def test_a_model_that_is_not_there_is_refused_at_once(kind):
    labeller = LABELLERS[kind]
    with pytest.raises(FileNotFoundError, match='nowhere'):
        replace(labeller.config, model=Path('nowhere.onnx'))


def test_contacts_lie_no_higher_than_the_objects_and_no_lower_than_the_table(sets):
    config = LABELLERS['suction'].config
    rng = np.random.default_rng((config.seed, list(Split).index(Split.TRAIN), 0))
    scene = random_scene(objects_of(config, Split.TRAIN), config.scenes, rng)
    tops = [
        transform_points(item.T_world_object, item.object.mesh.vertices)[:, 2].max()
        for item in scene.objects
    ]
    trials = read_suction_trials(view_paths(sets['suction'], 'train')[0])
    seen = deproject(trials.segmented.depth, trials.segmented.camera)[trials.segmented.depth > 0]
    heights = -(trials.contacts.poses[:, :3, 3] @ trials.down)
    floor = np.percentile(-(seen @ trials.down), 2)
    assert (heights - floor).max() < max(tops) + 0.01
    assert (heights - floor).min() > -0.01


def test_samples_have_one_size_and_are_decided_by_their_seed(made, kind):
    contract = EVALUATORS[f'{kind}-evaluator'].contract
    paths = view_paths(made, 'train')
    first, again, other = (TrialSamples(paths, contract, 32, seed)[0] for seed in (1, 1, 2))
    _, channels, *size = trial_inputs(paths[0], contract).patches.shape
    assert first.patches.shape == (32, channels, *size)
    assert first.context.shape == (32, len(contract.context))
    missing = first.held.isnan()
    assert 0 < missing.sum() < 32
    assert (first.patches[missing] == 0).all()
    for a, b in zip(first, again, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(first.patches, other.patches)


def test_over_the_epochs_a_grasp_is_seen_in_all_its_mirror_images(made, kind):
    contract = EVALUATORS[f'{kind}-evaluator'].contract
    path = view_paths(made, 'train')[0]
    known = trial_inputs(path, contract)
    order = np.lexsort(known.context.T[:1])
    samples, seen = TrialSamples([path], contract, len(known.held), 0), set()
    for samples.epoch in range(16):
        got = samples[0]
        same = np.lexsort(got.context.numpy().T[:1])
        assert got.held[same].tolist() == known.held[order].tolist()
        x, y = (contract.context.index(name) for name in ('down_x', 'down_y'))
        for mirror in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
            patches = known.patches[order][:, :, :: mirror[1], :: mirror[0]]
            context = known.context[order] * 1
            context[:, x], context[:, y] = mirror[0] * context[:, x], mirror[1] * context[:, y]
            if np.array_equal(got.patches[same], patches):
                np.testing.assert_allclose(got.context[same], context)
                seen.add(mirror)
    assert len(seen) == 4
    assert set(CONTEXT) < set(CUP_CONTEXT)


def test_a_mirrored_world_gives_the_mirrored_sample(tmp_path):
    """A world is mirrored along the closing direction; gravity with it."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.6, 0.7, (81, 121)).astype(np.float32)
    depth[rng.random(depth.shape) < 0.1] = FAR
    one = np.array([0.1])
    middle = np.array([[0.001, 0.001, 0.65]])  # cells of the patch are cells of the map
    contract = JawEvaluatorContract('net', '1', 'parallel_jaw', context=CONTEXT)
    down = np.array([0.48, 0.36, 0.8])
    told = []
    for number, sign in enumerate((1, -1)):
        heights = HeightMap(depth[:, ::sign], (-0.12, -0.08), 0.002)
        placed = PlacedJaws(middle * [sign, 1, 1], 0 * one, 0.5 * one, one, one, one)
        trials = JawTrials(
            *(heights, placed, down * [sign, 1, 1], JawGripper()),
            *(np.zeros(1, np.uint8), np.zeros(1)),
        )
        path = tmp_path / f'{number}.npz'
        write_trials(path, trials)
        told.append(trial_inputs(path, contract))
    np.testing.assert_allclose(told[1].patches, told[0].patches[..., ::-1], atol=1e-6)
    np.testing.assert_allclose(told[1].context, told[0].context * [1, -1, 1, 1], atol=1e-7)
    assert told[0].held.tolist() == [True]
    assert len(GRIPPER_FIELDS) == 10
