"""Poses compose, invert and keep their axes."""

from dexnet_core.geometry.transform import (
    frames_along,
    invert,
    pose_along,
    quaternion_of,
    rotation_of,
    transform_points,
)
import numpy as np
import pytest


@pytest.mark.parametrize('approach', [(0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 1e-3, 0), (1, 2, -3)])
def test_frame_is_a_rotation_with_z_along_the_approach(approach):
    R = frames_along(np.array(approach, float))
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1)
    np.testing.assert_allclose(R[:, 2], np.array(approach) / np.linalg.norm(approach))


def test_neighbours_cancel():
    rng = np.random.default_rng(0)
    T_a_b, T_b_c = (pose_along(*rng.normal(size=(2, 3))) for _ in range(2))
    points = rng.normal(size=(5, 3))
    there = transform_points(T_a_b, transform_points(T_b_c, points))
    np.testing.assert_allclose(there, transform_points(T_a_b @ T_b_c, points))
    np.testing.assert_allclose(invert(T_a_b) @ T_a_b, np.eye(4), atol=1e-12)


def test_quaternions_of_many_rotations_are_those_of_each():
    rng = np.random.default_rng(1)
    rotations = np.array([frames_along(axis) for axis in rng.normal(size=(20, 3))])
    each = [quaternion_of(R) for R in rotations]
    np.testing.assert_allclose(quaternion_of(rotations), each, atol=1e-12)


def test_quaternion_round_trip_with_positive_w():
    for seed in range(20):
        R = frames_along(np.random.default_rng(seed).normal(size=3))
        quaternion = quaternion_of(R)
        assert quaternion[3] >= 0
        np.testing.assert_allclose(rotation_of(quaternion), R, atol=1e-12)


def test_half_turn_about_x_is_x_y_z_w():
    np.testing.assert_allclose(np.abs(quaternion_of(np.diag([1, -1, -1]))), [1, 0, 0, 0])
