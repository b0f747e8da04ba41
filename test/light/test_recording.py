"""Recordings for Rerun, read back with its own reader."""

from dataclasses import replace
from datetime import timezone
from pathlib import Path
import sys

from box_scene import saved_box
from dexnet_core.cli.main import main
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import frames_along, pose_matrix
from dexnet_core.io.drawing.refused import mark_of
from dexnet_core.io.files.plan_files import read_grasps
from dexnet_core.planning.grasp import (
    Grasp,
    GraspPlan,
    GripperKind,
    PlanStatus,
    RefusedPlaces,
    StageTimes,
)
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_cloud, of_image
import numpy as np
import pytest

CAMERA = CameraIntrinsics(4, 3, 100.0, 110.0, 1.5, 1.0)
DEPTH = np.array([[0.5, 0.5, 0, 0.5]] * 3, np.float32)
ALWAYS = {'/', '/cloud', '/grasps', '/plan', '/ms/network'}
UP, DOWN = 1, 2
"""Directions of an axis of the viewer."""
NONE = np.empty((0, 0), np.float32)


@pytest.fixture
def recorded(tmp_path):
    """Return a function that records plans, a frame each, and reads the recording back."""
    rr = pytest.importorskip('rerun', reason='Rerun is not here: pip install rerun-sdk')
    from dexnet_core.io.viewer.rerun_recording import log_plan, Moment, recording

    def read(observation, *plans, stamps=(None, None)):
        path = tmp_path / 'plan.rrd'
        with recording(path) as stream:
            for frame, (plan, stamp) in enumerate(zip(plans, stamps, strict=False)):
                log_plan(stream, observation, plan, Moment(frame, stamp))
        assert list(tmp_path.iterdir()) == [path]
        return Recorded(rr, path)

    return read


class Recorded:
    """What is in a recording."""

    def __init__(self, rr, path):
        self._batches = [
            (str(chunk.entity_path), chunk.to_record_batch())
            for chunk in rr.chunk.RrdReader(path).stream()
        ]
        reader = rr.chunk.RrdReader(path)
        (blueprint,) = reader.blueprints()
        self._views = [chunk.to_record_batch() for chunk in reader.stream(store=blueprint)]
        self.paths = {path for path, _ in self._batches if not path.startswith('/__')}

    def eye(self, name):
        """(3,) of the eye that the viewer opens with."""
        name = f'EyeControls3D:{name}'
        ((value,),) = (
            batch.column(name).to_pylist()[0]
            for batch in self._views
            if name in batch.schema.names
        )
        return np.array(value)

    def always(self, path, name):
        """The values that hold for all frames."""
        batches = [batch for entity, batch in self._batches if entity == path]
        (batch, *_) = (batch for batch in batches if name in batch.schema.names)
        assert 'frame' not in batch.schema.names
        return batch.column(name).to_pylist()[0]

    def column(self, path, name):
        """The values of all frames, in their order."""
        rows = {}
        for entity, batch in self._batches:
            if entity == path and name in batch.schema.names:
                frames = batch.column('frame').to_pylist()
                rows |= dict(zip(frames, batch.column(name).to_pylist(), strict=True))
        assert rows, f'{path} has no {name}'
        return [rows[frame] for frame in sorted(rows)]


def utc(stamp):
    """Seconds since 1970 of a time without zone."""
    return stamp.replace(tzinfo=timezone.utc).timestamp()


def jaw(x=0.0, **changes):
    """A jaw that comes down at x, in the frame of a camera that looks down."""
    pose = pose_matrix(np.array([x, 0.0, 0.5]), np.eye(3))
    contacts = np.array([[x - 0.02, 0, 0.5], [x + 0.02, 0, 0.5]])
    values = {'score': 0.9, 'width': 0.06, **changes}
    return Grasp(
        GripperKind.PARALLEL_JAW,
        pose,
        pixel=(0.0, 0.0),
        contacts=contacts,
        normals=contacts,
        **values,
    )


def plan_of(*grasps, heatmap=NONE, jaw=None, **refused):
    status = PlanStatus.OK if grasps else PlanStatus.NO_ROOM
    times = StageTimes(network=2.5)
    return GraspPlan(grasps, status, '', heatmap, 'model 1', times, refused, jaw=jaw)


def test_an_image_is_recorded_with_its_camera_its_heat_and_its_points(recorded):
    heatmap = np.where(DEPTH > 0, np.float32(0.25), np.float32(np.nan))
    seen = recorded(of_image(DEPTH, CAMERA), plan_of(jaw(), heatmap=heatmap))
    assert seen.paths == {
        *(
            '/',
            '/camera',
            '/camera/depth',
            '/quality',
            '/cloud',
            '/grasps',
            '/plan',
            '/ms/network',
        ),
    }
    # columns of the matrix one after another
    (((fx, _, _, _, fy, _, cx, cy, _),),) = seen.column('/camera', 'Pinhole:image_from_camera')
    assert (fx, fy, cx, cy) == (100.0, 110.0, 1.5, 1.0)
    assert seen.column('/camera', 'Pinhole:resolution') == [[[4.0, 3.0]]]
    ((buffer,),) = seen.column('/camera/depth', 'DepthImage:buffer')
    np.testing.assert_array_equal(np.array(buffer, np.uint8).view(np.float32), DEPTH.ravel())
    assert seen.column('/camera/depth', 'DepthImage:meter') == [[1.0]]
    ((tensor,),) = seen.column('/quality', 'Tensor:data')
    assert tensor['shape'] == [3, 4]
    np.testing.assert_array_equal(np.array(tensor['buffer'], np.float32), heatmap.ravel())
    (points,) = seen.column('/cloud', 'Points3D:positions')
    assert len(points) == (DEPTH > 0).sum()
    assert points[0] == pytest.approx([-1.5 * 0.5 / 100, -1.0 * 0.5 / 110, 0.5])


def test_a_jaw_is_a_fork_with_its_score(recorded):
    hand = JawGripper(finger_length=0.04)
    grasps = jaw(), jaw(0.2, score=0.25, width=0.01, object_id=3)
    seen = recorded(of_image(DEPTH, CAMERA), plan_of(*grasps, jaw=hand))
    ((first, second),) = seen.column('/grasps', 'LineStrips3D:strips')
    tips_and_palm = [[-0.03, 0, 0.5], [-0.03, 0, 0.46], [0, 0, 0.46], [0, 0, 0.43]]
    fork = [*tips_and_palm, [0, 0, 0.46], [0.03, 0, 0.46], [0.03, 0, 0.5]]
    np.testing.assert_allclose(first, fork, atol=1e-6)
    np.testing.assert_allclose(second[0], [0.195, 0, 0.5], atol=1e-6)
    assert seen.column('/grasps', 'score') == [[0.9, 0.25]]
    assert seen.column('/grasps', 'width') == [[0.06, 0.01]]
    assert seen.column('/grasps', 'object_id') == [[0, 3]]
    (colours,) = seen.column('/grasps', 'LineStrips3D:colors')
    (good, bad) = (((colour >> 24) & 255, (colour >> 16) & 255) for colour in colours)
    assert good[0] < good[1]
    assert bad[0] > bad[1]


def test_a_cup_is_its_rim_and_its_approach_on_a_cloud(recorded):
    approach = np.array([0.6, 0.0, -0.8])
    pose = pose_matrix(np.array([0.1, 0.2, 0.3]), frames_along(approach))
    contact = pose[:3, 3][None]
    cup = Grasp(GripperKind.SUCTION, pose, 0.5, (0.0, 0.0), contact, contact, cup_radius=0.01)
    points = np.array([[0.1, 0.2, 0.3], [np.nan, 0, 0], [0.2, 0.2, 0.3]], np.float32)
    seen = recorded(of_cloud(points, np.array([0, 0, 1.0])), plan_of(cup))
    assert seen.paths == ALWAYS
    (measured,) = seen.column('/cloud', 'Points3D:positions')
    np.testing.assert_array_equal(measured, points[[0, 2]])
    (((end, contact, *rim),),) = seen.column('/grasps', 'LineStrips3D:strips')
    np.testing.assert_allclose(contact, cup.position, atol=1e-6)
    np.testing.assert_allclose(np.subtract(contact, end) / 0.06, approach, atol=1e-5)
    out = np.array(rim) - cup.position
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 0.01, atol=1e-6)
    np.testing.assert_allclose(out @ approach, 0, atol=1e-6)
    assert rim[0] == rim[-1]


def test_frames_follow_each_other_and_old_grasps_go(recorded):
    full, empty = plan_of(jaw(), low=12, room=3), plan_of(low=1, room=0)
    seen = recorded(of_image(DEPTH, CAMERA), full, empty, stamps=(1.5e9, 1.5e9 + 0.1))
    assert [len(strips) for strips in seen.column('/grasps', 'LineStrips3D:strips')] == [1, 0]
    assert seen.column('/grasps', 'score') == [[0.9], []]
    assert seen.column('/refused/low', 'Scalars:scalars') == [[12.0], [1.0]]
    assert seen.column('/refused/room', 'Scalars:scalars') == [[3.0], [0.0]]
    assert seen.column('/ms/network', 'Scalars:scalars') == [[2.5], [2.5]]
    first, second = (utc(stamp) for stamp in seen.column('/plan', 'stamp'))
    assert (first, second) == pytest.approx((1.5e9, 1.5e9 + 0.1))
    (told,), (then,) = seen.column('/plan', 'TextDocument:text')
    assert '| low | 12 |' in told
    assert '**OK**' in told
    assert '+0.5000' in told
    assert '**NO_ROOM**' in then


def places_of(**told):
    """What was refused, x of each place by the name of the filter."""
    x = np.concatenate([*told.values()])
    reasons = np.repeat([*told], [len(each) for each in told.values()])
    points = np.column_stack([x, 0 * x, 0 * x]).astype(np.float32)
    return RefusedPlaces(points, reasons, np.linspace(1, 0.5, len(x), dtype=np.float32))


def test_where_candidates_were_refused_is_recorded_by_filter_in_its_colour(recorded):
    plans = (
        replace(plan_of(room=3), refused_places=places_of(low=[0.5], room=[0.25, 0.75])),
        replace(plan_of(room=1), refused_places=places_of(room=[1.0])),
    )
    seen = recorded(of_image(DEPTH, CAMERA), *plans)
    first, second = seen.column('/places/room', 'Points3D:positions')
    assert (first, second) == ([[0.25, 0, 0], [0.75, 0, 0]], [[1, 0, 0]])
    assert seen.column('/places/low', 'Points3D:positions') == [[[0.5, 0, 0]]]
    assert seen.column('/places', 'Clear:is_recursive') == [[True]]  # before the second frame
    assert seen.column('/places/room', 'Points3D:labels') == [['room'] * 2, ['room']]
    assert seen.column('/places/room', 'score') == [[0.75, 0.5], [1.0]]
    ((colour,), _) = seen.column('/places/room', 'Points3D:colors')
    red, green, blue = mark_of('room').colour
    assert colour == (red << 24) + (green << 16) + (blue << 8) + 255
    assert colour in seen.always('/refused/room', 'SeriesLines:colors')


@pytest.mark.parametrize(
    ('up', 'axis', 'direction'),
    [
        (None, 1, DOWN),
        ((0.0, -0.9, -0.4), 1, DOWN),
        ((0.0, 0.6, -0.8), 2, DOWN),
        ((0.1, 0.1, 0.9), 2, UP),
        ((-1.0, 0.0, 0.0), 0, DOWN),
    ],
)
def test_what_is_up_is_up_in_the_viewer(recorded, up, axis, direction):
    up = None if up is None else np.array(up)
    seen = recorded(of_image(DEPTH, CAMERA, up=up), plan_of())
    (((axes,)),) = seen.column('/', 'ViewCoordinates:xyz')
    assert axes[axis] == direction


def test_a_viewer_looks_at_what_was_seen_from_below_the_camera(recorded):
    seen = recorded(of_image(DEPTH, CAMERA), plan_of())
    position, target = seen.eye('position'), seen.eye('look_target')
    assert target == pytest.approx([0, 0, 0.5], abs=0.01)
    assert (position[1], position[2]) == (pytest.approx(0.2, abs=0.01), 0)
    assert seen.eye('eye_up').tolist() == [0, -1, 0]


def test_a_viewer_looks_at_a_cloud_from_above(recorded):
    points = np.random.default_rng(0).normal([1, 2, 3], 0.01, (100, 3)).astype(np.float32)
    seen = recorded(of_cloud(points, np.array([0, 0, 1.0])), plan_of())
    away = seen.eye('position') - seen.eye('look_target')
    assert seen.eye('look_target') == pytest.approx([1, 2, 3], abs=0.01)
    assert away[2] == pytest.approx(0.8 / np.sqrt(2), abs=1e-5)
    assert seen.eye('eye_up').tolist() == [0, 0, 1]


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('depth', [np.zeros((3, 4), np.float32), DEPTH])
def test_what_sees_nothing_is_recorded_too(recorded, depth):
    seen = recorded(of_image(depth, CAMERA), plan_of())
    (points,) = seen.column('/cloud', 'Points3D:positions')
    assert len(points) == (depth > 0).sum()
    assert seen.column('/grasps', 'object_id') == [[]]


def test_a_recording_that_fails_leaves_no_file(tmp_path):
    pytest.importorskip('rerun', reason='Rerun is not here: pip install rerun-sdk')
    from dexnet_core.io.viewer.rerun_recording import log_plan, recording

    odd = of_cloud(np.zeros((2, 4), np.float32), np.array([0, 0, 1.0]))
    with (
        pytest.raises(ValueError, match=r'cloud has shape \(2, 4\)'),
        recording(tmp_path / 'plan.rrd') as stream,
    ):
        log_plan(stream, odd, plan_of())
    assert not list(tmp_path.iterdir())


# --- the command


@pytest.fixture
def command(tmp_path):
    """Options that plan on a box on a table."""
    words = saved_box(tmp_path, slice(90, 150), slice(150, 170), 0.66)
    return ['plan', 'jaw', *words, '--out', str(tmp_path / 'out')]


def test_plan_writes_a_recording(command, tmp_path):
    rr = pytest.importorskip('rerun', reason='Rerun is not here: pip install rerun-sdk')
    path = tmp_path / 'new' / 'plan.rrd'
    assert main([*command, '--rerun', str(path)]) == 0
    seen = Recorded(rr, path)
    grasps = read_grasps(tmp_path / 'out' / 'grasps.json')
    (scores,) = seen.column('/grasps', 'score')
    assert scores == [grasp.score for grasp in grasps]
    ((tensor,),) = seen.column('/quality', 'Tensor:data')
    assert tensor['shape'] == [240, 320]
    assert {'/ms/network', '/refused/low\\ score'} < seen.paths
    places = [path for path in seen.paths if path.startswith('/places/')]
    assert places
    for path in places:
        (points,) = seen.column(path, 'Points3D:positions')
        u, v, _ = np.transpose(points @ np.array([[300, 0, 0], [0, 300, 0], [159.5, 119.5, 1]]))
        z = np.array(points)[:, 2]
        assert ((u / z > 149) & (u / z < 170) & (v / z > 89) & (v / z < 150)).all()  # on the box


def test_without_rerun_what_installs_it_is_said(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'rerun', None)
    monkeypatch.delitem(sys.modules, 'dexnet_core.io.viewer.rerun_recording', raising=False)
    assert main([*command, '--rerun', str(tmp_path / 'plan.rrd')]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("pip install './dexnet_core[viz]'")
    assert not Path(tmp_path / 'out').exists()


def test_a_recording_has_its_own_suffix(command, tmp_path, capsys):
    assert main([*command, '--rerun', str(tmp_path / 'plan.mcap')]) == 2
    assert 'plan.mcap, expected a .rrd file' in capsys.readouterr().err
    assert not Path(tmp_path / 'out').exists()
