"""Placed jaws are labelled as the judge of the evaluation would, learnt and exported."""

from dataclasses import replace
from pathlib import Path
import shutil

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')

from dexnet_core.datasets.closing_samples import ClosingSamples
from dexnet_core.datasets.closings import (
    ClosingGenerationConfig,
    ClosingLabeller,
    read_closings,
    write_closings,
)
from dexnet_core.datasets.generation import generate, objects_of
from dexnet_core.datasets.views import view_paths
from dexnet_core.evaluation.jaw_judge import JawEvaluation, JawJudge
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.models.closing import CLOSING, ClosingNet, ClosingQuality
from dexnet_core.objects.grasp_object import Split
from dexnet_core.perception.closing_patch import closing_patches
from dexnet_core.runtime.model_file import shipped_jaw
from dexnet_core.runtime.session import open_session
from dexnet_core.scenes.random_scene import random_scene
from dexnet_core.scenes.view import random_camera, render
from dexnet_core.training.closings import ClosingTask, train_closings
from dexnet_core.training.config import ClosingTrainConfig
import torch

TINY = ClosingGenerationConfig(
    objects=16,
    train_scenes=2,
    val_scenes=1,
    views_per_scene=1,
    perturbations=8,
    per_view=24,
    model=shipped_jaw() / 'cells.onnx',
)


def quietly(items, what, total):
    return items


@pytest.fixture(scope='module')
def tiny_set(tmp_path_factory):
    root = tmp_path_factory.mktemp('closings')
    generate(ClosingLabeller(TINY), root, 1, quietly)
    return root


@pytest.fixture(scope='module')
def labelled(tiny_set):
    return max(map(read_closings, view_paths(tiny_set, 'train')), key=lambda v: len(v.quality))


def test_generation_goes_on_where_it_was_killed_and_gives_the_same(tiny_set):
    first = view_paths(tiny_set, 'train')[0]
    before = first.read_bytes()
    first.unlink()
    generate(ClosingLabeller(TINY), tiny_set, 1, quietly)
    assert first.read_bytes() == before


def test_quality_is_what_the_judge_says_of_the_placed_jaw(tiny_set):
    rng = np.random.default_rng((TINY.seed, list(Split).index(Split.TRAIN), 0))
    scene = random_scene(objects_of(TINY, Split.TRAIN), TINY.scenes, rng)
    view = render(scene, *random_camera(scene, TINY.views, rng))
    _, jaws, _, quality = read_closings(view_paths(tiny_set, 'train')[0])
    judge, reach = JawJudge(JawEvaluation(data=TINY)), JawGripper().tip_reach
    for k in {int(quality.argmax()), int(quality.argmin()), 0}:
        closing = np.array([np.cos(jaws.angles[k]), np.sin(jaws.angles[k]), 0])
        down = np.array([0.0, 0.0, 1.0])
        rotation = np.column_stack([closing, np.cross(down, closing), down])
        pose = pose_matrix(jaws.middles[k] + reach * down, rotation)
        grasp = Grasp(
            *(Gripper.PARALLEL_JAW, pose, 0.5, (0.0, 0.0), np.zeros((2, 3)), np.zeros((2, 3))),
            width=float(jaws.openings[k]),
        )
        assert judge.worth(scene, view, grasp) == pytest.approx(quality[k], abs=0.25)


def test_some_hold_and_some_do_not(labelled):
    assert (labelled.quality > 0.4).any()
    assert (labelled.quality < 0.1).any()
    assert len(labelled.quality) <= TINY.per_view
    assert ((labelled.scores > 0) & (labelled.scores <= 1)).all()


def test_files_keep_what_was_labelled(labelled, tmp_path):
    write_closings(tmp_path / 'view.npz', labelled)
    again = read_closings(tmp_path / 'view.npz')
    np.testing.assert_allclose(again.heights.depth, labelled.heights.depth, atol=1e-6)
    assert again.heights[1:] == labelled.heights[1:]
    for got, expected in zip(
        (*again.jaws, *again[2:]), (*labelled.jaws, *labelled[2:]), strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    write_closings(tmp_path / 'view.npz', labelled._replace(quality=labelled.quality[1:]))
    with pytest.raises(ValueError, match=r'view\.npz holds \d+ jaws and \d+ qualities'):
        read_closings(tmp_path / 'view.npz')


def test_a_planner_of_another_jaw_is_refused(tmp_path):
    cells = replace(TINY.cells, gripper=JawGripper(max_opening=0.06))
    with pytest.raises(ValueError, match=r'max_opening=0\.085.*expected.*max_opening=0\.06'):
        generate(ClosingLabeller(replace(TINY, cells=cells)), tmp_path, 1, quietly)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        generate(ClosingLabeller(replace(TINY, model=Path('nowhere'))), tmp_path, 1, quietly)
    assert not any(tmp_path.iterdir())


def test_samples_have_one_size_and_are_decided_by_their_seed(tiny_set):
    paths = view_paths(tiny_set, 'train')
    first, again, other = (ClosingSamples(paths, CLOSING, 32, seed)[0] for seed in (1, 1, 2))
    assert first.patches.shape == (32, 4, CLOSING.rows, CLOSING.columns)
    assert first.scores.shape == (32, 1)
    missing = first.quality.isnan()
    assert 0 < missing.sum() < 32
    assert (first.patches[missing] == 0).all()
    for a, b in zip(first, again, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert not torch.equal(first.patches, other.patches)


def test_a_tiny_set_is_learnt_by_heart_twice_the_same(tiny_set, tmp_path):
    def losses(name):
        config = ClosingTrainConfig(
            model='closing',
            data=tiny_set,
            out=tmp_path / name,
            epochs=25,
            batch_size=2,
            per_view=24,
            good=0.4,
            learning_rate=3e-3,
            workers=0,
            tensorboard=False,
        )
        return [record.train_loss for record in train_closings(config, quietly)]

    first = losses('a')
    assert first[-1] < 0.15 < first[0]
    assert losses('b') == first


def test_training_goes_through_every_set_of_one_jaw(tiny_set, tmp_path):
    for name in ('same', 'other'):
        shutil.copytree(tiny_set, tmp_path / name)
    facts = tmp_path / 'other' / 'dataset.json'
    facts.write_text(facts.read_text().replace('0.085', '0.06'))

    totals = []

    def counted(items, what, total):
        totals.append(total)
        return items

    def train(*more):
        config = ClosingTrainConfig(
            model='closing',
            data=tiny_set,
            more_data=tuple(tmp_path / name for name in more),
            out=tmp_path / f'run{len(more)}',
            epochs=1,
            batch_size=1,
            workers=0,
            tensorboard=False,
        )
        train_closings(config, counted)

    train('same', 'same')
    assert totals[0] == 3 * len(view_paths(tiny_set, 'train'))
    with pytest.raises(ValueError, match=r'other is of .*max_opening=0\.06.*expected'):
        train('other')


def test_missing_jaws_count_for_nothing():
    task = ClosingTask(0.4)
    quality = torch.tensor([[0.9, 0.1, torch.nan]])
    batch = ClosingSamplesBatch(quality)
    total, count = task.loss(torch.tensor([[2.0, -1.0, 50.0]]), batch)
    assert count == 2
    assert float(total) == pytest.approx(np.log1p(np.exp(-2.0)) + np.log1p(np.exp(-1.0)), 1e-5)
    judged = task.judged(torch.tensor([[2.0, -1.0, 50.0]]), batch)
    np.testing.assert_array_equal(judged.good, [True, False])


class ClosingSamplesBatch:
    def __init__(self, quality):
        self.quality = quality


def test_a_mirror_image_is_as_good(labelled):
    patches = closing_patches(labelled.heights, labelled.jaws, CLOSING)
    network = ClosingQuality(ClosingNet()).eval()
    scores = torch.from_numpy(labelled.scores[:, None].astype(np.float32))
    with torch.no_grad():
        same, mirrored = (
            network(torch.from_numpy(np.ascontiguousarray(seen)), scores)
            for seen in (patches, patches[..., ::-1])
        )
    torch.testing.assert_close(same, mirrored)


@pytest.mark.parametrize('half', [False, True])
def test_the_file_answers_as_torch_does(tmp_path, half):
    torch.manual_seed(0)
    network = ClosingQuality(ClosingNet()).eval()
    difference = write_onnx(tmp_path / 'net.onnx', network, CLOSING, half)
    assert difference < (1e-2 if half else 1e-5)
    session = open_session(tmp_path / 'net.onnx', Gripper.PARALLEL_JAW)
    assert session.contract == CLOSING
    weights = sum(weight.numel() for weight in network.parameters())
    bytes_each = (tmp_path / 'net.onnx').stat().st_size / weights
    assert bytes_each == pytest.approx(2 if half else 4, rel=0.1)
