"""A patch shows what lies around a contact, seen straight along the cup's approach."""

from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
from dexnet_core.geometry.transform import pose_along, unit
from dexnet_core.planning.contracts.evaluator_contracts import CupEvaluatorContract
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.perception.cup_patch import (
    CHANNELS,
    cup_context,
    cup_patches,
    CupContacts,
)
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
import pytest

CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
CONTRACT = CupEvaluatorContract('net', '1', 'suction')
FINE, FINE_KNOWN, COARSE, COARSE_KNOWN, OBJECTS = range(CHANNELS)
MIDDLE = CONTRACT.side // 2
PLACE = np.array([0.01, -0.02, 0.6])


def rays():
    v, u = np.mgrid[:480, :640]
    return pixel_rays(u, v, CAMERA)


def plane(normal, offset=0.0):
    """(H, W) depth of a plane so far over the contact's place, along its normal."""
    normal = unit(np.array(normal, float))
    return (normal @ PLACE + offset) / (rays() @ normal)


def patch_of(depth, normal=(0, 0, -1), objects=None):
    objects = depth > 0 if objects is None else objects
    segmented = SegmentedImage(depth.astype(np.float32), objects, CAMERA)
    poses = pose_along(PLACE, -np.array(normal, float))[None]
    return cup_patches(segmented, CupContacts(poses, np.ones(1)), CONTRACT)[0]


@pytest.mark.parametrize('normal', [(0, 0, -1), (0.3, -0.2, -1), (-0.7, 0.1, -1)])
def test_a_plane_is_flat_and_known_however_it_leans(normal):
    patch = patch_of(plane(normal), normal)
    np.testing.assert_allclose(patch[[FINE, COARSE]], 0, atol=1e-3)
    assert (patch[[FINE_KNOWN, COARSE_KNOWN]] == 1).mean() > 0.98
    assert patch[OBJECTS].mean() > 0.98


def test_heights_count_from_the_contact_in_units_of_the_contract():
    normal = (0.3, 0, -1)
    patch = patch_of(plane(normal, 0.003), normal)
    np.testing.assert_allclose(patch[FINE], 0.003 / CONTRACT.fine_relief, atol=0.01)
    np.testing.assert_allclose(patch[COARSE], 0.003 / CONTRACT.coarse_relief, atol=0.01)
    assert (patch_of(plane(normal, 0.01), normal)[FINE] == 2.5).all()


def test_a_step_lies_where_it_is_at_both_scales():
    """A wall 10 mm high, 8 mm beside the contact along the patch's columns."""
    x = PLACE[0] + 0.008
    near = PLACE[2] - 0.01
    depth = np.where(rays()[..., 0] * near > x, near, PLACE[2])
    patch = patch_of(depth)
    along = np.arange(CONTRACT.side) - (CONTRACT.side - 1) / 2
    beside = along * CONTRACT.fine_step > 0.008
    row = patch[FINE, MIDDLE]
    assert (row[beside][1:] > 2).all()
    assert (np.abs(row[~beside][:-2]) < 0.1).all()
    coarse = patch[COARSE, MIDDLE]
    assert coarse[-3] == pytest.approx(0.01 / CONTRACT.coarse_relief, abs=0.02)
    assert abs(coarse[2]) < 0.02


def test_what_was_not_measured_is_flat_and_unknown_and_what_is_no_object_is_told():
    depth = plane((0, 0, -1))
    depth[:, 330:] = 0
    objects = np.zeros(CAMERA.shape, bool)
    objects[220:] = True
    patch = patch_of(depth, objects=objects)
    unknown = patch[FINE_KNOWN] == 0
    assert unknown[:, -12:].all()
    assert not unknown[:, :12].any()
    assert (patch[FINE][unknown] == 0).all()
    assert patch[OBJECTS, -4, 4] == 1
    assert patch[OBJECTS, 4, 4] == 0


def test_beyond_the_image_nothing_is_known():
    camera = CameraIntrinsics(40, 30, 600.0, 600.0, 19.5, 14.5)
    segmented = SegmentedImage(np.full((30, 40), 0.6, np.float32), np.ones((30, 40), bool), camera)
    contacts = CupContacts(pose_along(np.array([0, 0, 0.6]), [0, 0, 1])[None], np.ones(1))
    patch = cup_patches(segmented, contacts, CONTRACT)[0]
    assert patch[COARSE_KNOWN].sum() == pytest.approx(40 * 30 * (0.001 / 0.004) ** 2, rel=0.4)


def test_the_context_is_told_in_the_frame_of_the_grasp():
    poses = np.stack([pose_along(PLACE, [0, 0, 1]), pose_along(PLACE, [0, 1, 0])])
    contract = CONTRACT.scaled(SuctionCup(radius=0.015))
    told = cup_context(CupContacts(poses, np.array([0.2, 0.7])), [0, 0, 1.0], contract)
    np.testing.assert_allclose(told[:, 0], [0.2, 0.7], rtol=1e-6)
    np.testing.assert_allclose(told[0, 1:4], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(told[1, 3], 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(told[:, 1:4], axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(told[:, 4], np.log(2), rtol=1e-6)


def test_no_contacts_no_patches():
    segmented = SegmentedImage(
        np.ones(CAMERA.shape, np.float32), np.ones(CAMERA.shape, bool), CAMERA
    )
    none = CupContacts(np.zeros((0, 4, 4)), np.zeros(0))
    assert cup_patches(segmented, none, CONTRACT).shape == (
        0,
        CHANNELS,
        CONTRACT.side,
        CONTRACT.side,
    )
