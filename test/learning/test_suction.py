"""The contact model where the right answer is known."""

from dataclasses import replace

from dexnet_core.geometry.transform import frames_along
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.suction.cup_model import (
    Perturbations,
    sample_perturbations,
    SpringCup,
    Uncertainty,
)
from dexnet_core.simulation.suction.suction_contact import (
    GRAVITY,
    resists_gravity,
    robust_quality,
    seals,
)
import numpy as np
import pytest
import trimesh

CUP = SpringCup()
DOWN = np.array([0.0, 0.0, -1.0])


def seals_at(mesh, point, approach=DOWN) -> bool:
    frame = frames_along(np.array([approach]))
    return bool(seals(RayCaster(mesh), np.array([point], float), frame, CUP)[0])


def still(friction=0.5) -> Perturbations:
    """One sample without any perturbation."""
    zero, same = np.zeros((1, 3)), np.eye(3)[None]
    return Perturbations(zero, same, same, zero, zero, np.array([friction]))


PLATE = trimesh.creation.box((0.1, 0.1, 0.01))


@pytest.mark.parametrize(
    ('x', 'sealed'), [(0, True), (0.04, True), (0.0424, True), (0.0426, False), (0.05, False)]
)
def test_seals_on_a_plate_until_the_rim_leaves_it(x, sealed):
    assert seals_at(PLATE, (x, 0, 0.005)) == sealed


def test_no_seal_over_a_hole_inside_the_rim():
    drilled = trimesh.boolean.difference([PLATE, trimesh.creation.cylinder(0.003, 0.1)])
    assert not seals_at(drilled, (0, 0, 0.005))
    assert seals_at(drilled, (0.02, 0, 0.005))


@pytest.mark.parametrize(('degrees', 'sealed'), [(0, True), (8, True), (15, False), (40, False)])
def test_no_seal_when_tilted_beyond_the_springs(degrees, sealed):
    angle = np.radians(degrees)
    assert seals_at(PLATE, (0, 0, 0.005), (np.sin(angle), 0, -np.cos(angle))) == sealed


@pytest.mark.parametrize(('radius', 'sealed'), [(0.05, True), (0.02, True), (0.007, False)])
def test_seals_on_large_spheres_only(radius, sealed):
    sphere = trimesh.creation.icosphere(subdivisions=5, radius=radius)
    assert seals_at(sphere, (0, 0, radius)) == sealed


def test_no_seal_on_a_step_or_a_spike_under_the_cone():
    step = trimesh.boolean.union(
        [PLATE, trimesh.creation.box((0.05, 0.1, 0.02)).apply_translation((0.025, 0, 0.005))]
    )
    assert not seals_at(step, (0.0, 0, 0.005))
    spike = trimesh.creation.cylinder(0.001, 0.05)
    assert not seals_at(trimesh.boolean.union([PLATE, spike]), (0.0005, 0, 0.005))


def carries(contact, approach=DOWN, down=DOWN, friction=0.5, cup=CUP) -> bool:
    frame = frames_along(np.array([[approach]], float))
    position = np.array([[contact]], float)
    return bool(
        resists_gravity(position, frame, np.zeros(3), np.array(down), still(friction), cup)
    )


def test_bending_limit_is_a_lever_from_the_centre_of_mass():
    limit = CUP.torque_limit / np.sqrt(2) / (CUP.mass * GRAVITY)
    x_axis = frames_along(DOWN)[:, 0]
    assert carries(0.99 * limit * x_axis + [0, 0, 0.02])
    assert not carries(1.01 * limit * x_axis + [0, 0, 0.02])
    assert carries(1.01 * limit * x_axis + [0, 0, 0.02], cup=replace(CUP, mass=0.9))


def test_friction_limit_when_pulling_sideways():
    weak = replace(CUP, vacuum_force=CUP.mass * GRAVITY * 2, torque_limit=1e3)
    sideways = frames_along(DOWN)[:, 0]
    assert carries((0, 0, 0.01), down=sideways, friction=0.9, cup=weak)
    assert not carries((0, 0, 0.01), down=sideways, friction=0.8, cup=weak)


def test_vacuum_must_carry_the_weight():
    heavy = replace(CUP, mass=CUP.vacuum_force / GRAVITY * 1.01, torque_limit=1e6)
    assert not carries((0, 0, 0.01), cup=heavy)
    assert carries((0, 0, 0.01), cup=replace(heavy, mass=CUP.vacuum_force / GRAVITY * 0.95))


def test_robust_quality_falls_towards_the_edge():
    caster, samples = RayCaster(PLATE), sample_perturbations(64, 0)
    points = np.array([[x, 0, 0.005] for x in (0, 0.012, 0.03, 0.043)])
    approaches = np.tile(DOWN, (4, 1))
    quality = robust_quality(caster, points, approaches, DOWN, samples, CUP)
    assert (np.diff(quality) <= 0).all()
    assert quality[0] > 0.5
    assert quality[-1] < 0.1


def test_perturbations_are_spread_as_asked_and_reproducible():
    samples, again = (sample_perturbations(1024, 3) for _ in range(2))
    np.testing.assert_array_equal(samples.offset, again.offset)
    u = Uncertainty()
    np.testing.assert_allclose(samples.offset.std(axis=0), u.position * np.sqrt(2), rtol=0.1)
    np.testing.assert_allclose(samples.friction.mean(), u.friction_mean, rtol=0.05)
    tilt = np.arccos(samples.turn[:, 2, 2])
    assert np.mean(tilt**2) == pytest.approx(2 * 2 * u.rotation**2, rel=0.1)
