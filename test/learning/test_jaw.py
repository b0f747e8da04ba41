"""The jaw's metric, contacts and labels against analytic truth and convex hulls."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import circle, frames_along
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.simulation.jaw.antipodal import object_surfaces, sample_antipodal
from dexnet_core.simulation.jaw.approach_collision import is_approach_free
from dexnet_core.simulation.jaw.epsilon import epsilon, quality_of, TORQUE_SCALE
from dexnet_core.simulation.jaw.jaw_contact import close_jaws, OpenJaws, robust_epsilon
from dexnet_core.simulation.jaw.jaw_labels import label_jaws
from dexnet_core.simulation.jaw.jaw_uncertainty import JawUncertainty, sample_jaw_perturbations
from dexnet_core.simulation.objects.grasp_object import grasp_object
from dexnet_core.simulation.scenes.rendered_view import look_along, render
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
import numpy as np
import pytest
from scipy.spatial import ConvexHull
import trimesh

PAD = 0.01
EXACT = JawUncertainty(0, 0, 0, 0, friction=0)
JAW = JawGripper()


def random_pairs(count: int, spread: float, rng: np.random.Generator):
    """Contacts on a line near the centre of mass; normals within a share of the friction cone."""
    half = rng.uniform(0.005, 0.04, count)
    points = np.zeros((count, 2, 3))
    points[..., 2] = np.column_stack([-half, half])
    points += rng.normal(size=(count, 1, 3)) * rng.choice([0.001, 0.01, 0.02], (count, 1, 1))
    friction = rng.uniform(0.3, 0.7, count)
    tilt = rng.uniform(0, spread, (count, 2)) * np.arctan(friction)[:, None]
    turn = rng.uniform(0, 2 * np.pi, (count, 2))
    side = np.sin(tilt)[..., None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    inward = np.concatenate([side, (np.cos(tilt) * [1, -1])[..., None]], axis=-1)
    closing = np.broadcast_to([[0, 0, 1.0], [0, 0, -1.0]], inward.shape)
    return points, inward, closing, friction


def wrenches(points, inward, closing, friction):
    """The (20, 6) wrenches of one grasp, of whose hull epsilon is the inner radius."""
    torsion = np.pi * PAD**2 * friction * TORQUE_SCALE
    for point, normal, direction in zip(points, inward, closing, strict=True):
        rim = circle(8) @ frames_along(normal)[:, :2].T
        force = (normal + friction * rim) * (normal @ direction)
        yield np.hstack([force, TORQUE_SCALE * np.cross(point, force)])
        twist = torsion * (normal @ direction) * normal
        yield np.pad(np.stack([twist, -twist]), ((0, 0), (3, 0)))


def by_hull(*grasp) -> float:
    hull = ConvexHull(np.vstack(list(wrenches(*grasp))))
    return max(float(-hull.equations[:, -1].max()), 0.0)


@pytest.mark.parametrize(('spread', 'median', 'agree'), [(0.6, 0.01, 0.99), (1.0, 0.02, 0.95)])
def test_closed_form_agrees_with_the_hull(spread, median, agree):
    pairs = random_pairs(400, spread, np.random.default_rng(0))
    exact = np.array([by_hull(*pair) for pair in zip(*pairs, strict=True)])
    quick = epsilon(*pairs, PAD)
    closed = exact > 1e-6
    assert closed.mean() > 0.9
    assert np.median(np.abs(quick[closed] / exact[closed] - 1)) < median
    assert ((quick > 0.002) == (exact > 0.002)).mean() >= agree


def test_ideal_grasp_has_the_torsion_of_its_pads():
    points = np.array([[[0, 0, -0.02], [0, 0, 0.02]]])
    inward = np.array([[[0, 0, 1.0], [0, 0, -1.0]]])
    ideal = epsilon(points, inward, inward, np.array([0.5]), PAD)
    assert ideal[0] == pytest.approx(np.pi * PAD**2 * 0.5 * TORQUE_SCALE, rel=1e-3)
    assert quality_of(ideal, PAD)[0] == pytest.approx(1, rel=1e-3)
    beside = epsilon(points + np.array([0.02, 0, 0]), inward, inward, np.array([0.5]), PAD)
    assert beside[0] < 0.9 * ideal[0]


def test_a_contact_outside_its_cone_does_not_hold():
    points = np.array([[[0, 0, -0.02], [0, 0, 0.02]]])
    closing = np.array([[[0, 0, 1.0], [0, 0, -1.0]]])
    tilted = closing.copy()
    tilted[0, 0] = [np.sin(0.6), 0, np.cos(0.6)]
    assert epsilon(points, tilted, closing, np.array([0.5]), PAD)[0] == 0
    assert epsilon(points, tilted, closing, np.array([0.8]), PAD)[0] > 0


def box(size, x=0.0, name='box') -> SceneObject:
    pose = np.eye(4)
    pose[:3, 3] = x, 0, size[2] / 2
    return SceneObject(grasp_object(name, [trimesh.creation.box(size)]), pose)


def across_x(x=0.0, z=0.0, opening=0.06) -> OpenJaws:
    return OpenJaws(np.array([[x, 0, z]]), np.array([[1.0, 0, 0]]), np.array([opening]))


def test_jaws_touch_the_faces_of_a_box():
    surfaces = object_surfaces(box((0.04, 0.05, 0.06)).object.mesh)
    contacts = close_jaws(surfaces.caster, across_x())
    np.testing.assert_allclose(contacts.points[0], [[-0.02, 0, 0], [0.02, 0, 0]], atol=1e-6)
    missed = close_jaws(surfaces.caster, across_x(z=0.05))
    assert (missed.triangles == -1).all()
    assert np.isnan(missed.points).all()


def test_robust_epsilon_is_best_at_the_centre_of_mass_and_0_in_the_air():
    surfaces = object_surfaces(box((0.04, 0.16, 0.06)).object.mesh)
    jaws = OpenJaws(
        np.array([[0, 0, 0], [0, 0.06, 0], [0, 0, 0.05]]),
        np.tile([1.0, 0, 0], (3, 1)),
        np.full(3, 0.06),
    )
    samples = sample_jaw_perturbations(32, 0)
    values = robust_epsilon(surfaces, jaws, np.zeros(3, int), np.zeros((3, 3)), samples, PAD)
    assert values[0] > 0.002
    assert values[0] > 2 * values[1] > 0
    assert values[2] < 0.1 * values[0]
    other = robust_epsilon(surfaces, jaws, np.ones(3, int), np.zeros((3, 3)), samples, PAD)
    assert (other == 0).all()


def test_antipodal_samples_span_the_object_and_repeat():
    thing = box((0.04, 0.12, 0.15)).object
    jaws = sample_antipodal(thing, 50, JAW, 0.5, seed=3)
    assert len(jaws.openings) == 50
    contacts = close_jaws(object_surfaces(thing.mesh).caster, jaws)
    width = np.linalg.norm(contacts.points[:, 1] - contacts.points[:, 0], axis=1)
    assert (width < JAW.max_opening).all()
    assert (np.abs(jaws.axes[:, 0]) > 0.85).all()  # only x is narrow enough
    again = sample_antipodal(thing, 50, JAW, 0.5, seed=3)
    np.testing.assert_array_equal(jaws.middles, again.middles)
    wide = sample_antipodal(box((0.1, 0.12, 0.15)).object, 50, JAW, 0.2, seed=3)
    assert len(wide.openings) == 0


@pytest.fixture(scope='module')
def scene():
    """A box that the jaw can span with a neighbour 10 mm to its right."""
    return Scene((box((0.04, 0.05, 0.06)), box((0.03, 0.05, 0.06), x=0.045, name='neighbour')))


def pose_down(x: float, z: float, turn: float) -> np.ndarray:
    """A jaw that comes straight down at world (x, 0, z), its axis turned from world x."""
    closing = np.array([np.cos(turn), np.sin(turn), 0])
    down = np.array([0, 0, -1.0])
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([closing, np.cross(down, closing), down])
    pose[:3, 3] = x, 0, z
    return pose


def test_fingers_and_palm_must_be_free(scene):
    def free(x, z, turn, opening):
        pose, width = pose_down(x, z, turn)[None], np.array([opening])
        return is_approach_free(scene.surface.caster, pose, width, JAW)[0]

    assert free(0, 0.04, np.pi / 2, 0.07)
    assert not free(0, 0.04, 0.0, 0.07)  # a finger comes down on the neighbour
    assert not free(0, -0.01, np.pi / 2, 0.07)  # into the table
    assert not free(0, 0.01, np.pi / 2, 0.07)  # the palm would hit the box
    assert not free(0, 0.04, np.pi / 2, 0.045)  # the fingers would hit the box


def test_labels_know_directions_and_neighbours(scene):
    camera = CameraIntrinsics(320, 240, 400.0, 400.0, 159.5, 119.5)
    view = render(scene, camera, look_along(np.array([0, 0, 0.6]), np.array([0, 0, -1.0])))
    cells = JawCells()
    labels = label_jaws(scene, view, cells, sample_jaw_perturbations(16, 0))
    assert labels.quality.shape == (len(labels.pixels), cells.angles, len(cells.offsets))
    first = view.owner[labels.pixels[:, 1], labels.pixels[:, 0]] == 0
    side, _ = np.unravel_index(
        labels.quality[first].mean(axis=0, dtype=float).argmax(), labels.quality.shape[1:]
    )
    along_x = abs(np.array([np.cos(side * np.pi / 16), np.sin(side * np.pi / 16)]))
    x_axis = abs(view.T_world_camera[0, :2])  # of the image, in the world
    assert along_x @ x_axis < 0.3  # across the gap, there is no room
    assert labels.quality[first].max() > 0.5
    alone = Scene(scene.objects[:1])
    free = label_jaws(
        alone, render(alone, camera, view.T_world_camera), cells, sample_jaw_perturbations(16, 0)
    )
    assert free.quality.mean() > labels.quality[first].mean()


def test_labels_do_not_depend_on_the_camera_roll(scene):
    """Half a turn of the camera leaves closing directions as they are."""
    camera = CameraIntrinsics(320, 240, 400.0, 400.0, 159.5, 119.5)
    samples = sample_jaw_perturbations(1, 0, EXACT)
    found = []
    for roll in (0.0, np.pi):
        pose = look_along(np.array([0, 0, 0.6]), np.array([0, 0, -1.0]), roll)
        labels = label_jaws(scene, render(scene, camera, pose), JawCells(), samples)
        found.append((labels.quality > 0.4).mean(axis=0, dtype=float))
    np.testing.assert_allclose(*found, atol=0.1)
