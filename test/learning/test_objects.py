"""Objects are closed, of sensible size, reproducible and split by name."""

from dexnet_core.simulation.objects.grasp_object import Split
from dexnet_core.simulation.objects.own_meshes import read_meshes
from dexnet_core.simulation.objects.procedural import FAMILIES, LONGEST, procedural_object
import numpy as np
import pytest
import trimesh


@pytest.mark.parametrize('index', range(2 * len(FAMILIES)))
def test_procedural_object_is_a_closed_volume_around_its_centre_of_mass(index):
    thing = procedural_object(index)
    assert thing.mesh.is_volume
    assert LONGEST[0] - 1e-6 <= thing.mesh.extents.max() <= LONGEST[1] + 1e-6
    np.testing.assert_allclose(thing.mesh.center_mass, 0, atol=1e-6)
    assert thing.parts


def test_same_number_same_object_and_other_seed_other_object():
    first, again, other = (procedural_object(5, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.mesh.vertices, again.mesh.vertices)
    assert first.name != other.name


def test_splits_are_by_name_and_about_80_10_10():
    splits = [procedural_object(k).split for k in range(0, 600, 3)]
    share = {split: splits.count(split) / len(splits) for split in Split}
    assert share[Split.TRAIN] == pytest.approx(0.8, abs=0.08)
    assert share[Split.VAL] > 0.04
    assert share[Split.TEST] > 0.04


@pytest.mark.parametrize('suffix', ['stl', 'obj', 'ply', 'off', 'glb'])
def test_users_meshes(tmp_path, suffix):
    trimesh.creation.box((40, 30, 20)).apply_translation((5, 5, 5)).export(
        tmp_path / f'part.{suffix}'
    )
    (thing,) = read_meshes(tmp_path, scale=0.001)
    np.testing.assert_allclose(thing.mesh.extents, (0.04, 0.03, 0.02), rtol=1e-5)
    np.testing.assert_allclose(thing.mesh.center_mass, 0, atol=1e-7)
