"""The trials and labelled views of `dexnet make`: which gripper, and which objects."""

from dataclasses import replace

import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('mujoco', reason='MuJoCo is not here: ./setup.sh --with-train')

from dexnet_core.datasets.views.candidates import contract_of_views
from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.io.configuration import claim
from dexnet_core.models.compact import DESIGNS
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.scenes.random_scene import SceneRange
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import scene_sets, trial_labeller, view_labeller
from tiny_trials import quietly
import trimesh


def test_trials_are_mostly_of_the_gripper_and_of_the_parts(tmp_path):
    jaw = JawGripper(max_opening=0.11)
    config = MakeConfig('jaw', jaw)
    (only,) = scene_sets(config)
    assert trial_labeller(config, only, (30, 3)).config.grippers.gripper == jaw
    config = replace(config, meshes=tmp_path, mesh_scale=0.001)
    parts, objects = scene_sets(config)
    made = trial_labeller(config, parts, (30, 5)).config
    assert (made.meshes, made.mesh_scale, made.objects) == (tmp_path, 0.001, 0)
    others = trial_labeller(config, objects, (30, 5)).config
    assert (made.train_scenes, others.train_scenes) == (18, 12)
    assert (made.val_scenes, others.val_scenes) == (3, 2)


def test_views_are_labelled_for_the_gripper():
    jaw = JawGripper(max_opening=0.17)
    config = MakeConfig('jaw', jaw)
    cells = view_labeller(config, scene_sets(config)[0], (30, 3)).config.cells
    assert cells.gripper == jaw
    assert cells.offsets == pytest.approx([2 * z for z in JawCells().offsets])
    config = MakeConfig('suction', SuctionCup(radius=0.015, lip=0.003))
    made = view_labeller(config, scene_sets(config)[0], (300, 30)).config
    assert (made.cup.radius, made.objects) == (0.015, 80)


def test_proposals_are_trained_on_views_scaled_to_the_jaw(tmp_path):
    usual = DESIGNS['jaw'].contract
    config = MakeConfig('jaw', JawGripper(max_opening=0.17))
    labelled = view_labeller(config, scene_sets(config)[0], (30, 3)).config
    claim(tmp_path / 'dataset.json', labelled)
    contract = contract_of_views(tmp_path, usual)
    assert contract.metres_per_pixel == pytest.approx(2 * usual.metres_per_pixel)
    assert contract.fine_window == pytest.approx(2 * usual.fine_window)
    assert contract.jaw.gripper.max_opening == 0.17


class Names:
    """A labeller that only notes which objects the scenes of each split contain."""

    def __init__(self, config):
        self.config = config
        self.found = {'train': set(), 'val': set()}

    def write(self, root, path, scene, view):
        self.found[path.parent.name] |= {each.object.name for each in scene.objects}


def test_every_part_is_trained_with_and_validated_on(tmp_path):
    for side in (0.04, 0.05, 0.06):
        trimesh.creation.box((side, side, 0.03)).export(tmp_path / f'box_{side}.stl')
    config = MakeConfig('jaw', JawGripper(), meshes=tmp_path)
    made = trial_labeller(config, scene_sets(config)[0], (20, 20)).config
    names = Names(replace(made, scenes=SceneRange(single=1.0), views_per_scene=1))
    generate(names, tmp_path / 'out', 1, quietly)
    assert len(names.found['train']) == len(names.found['val']) == 3
