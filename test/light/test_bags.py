"""Recordings of every kind: read, planned on, and plans written back."""

import json
import math
from types import SimpleNamespace

from dexnet_core.cli.main import main
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.grasp import Grasp, GraspPlan, Gripper, PlanStatus, StageTimes
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.messages.reading import Reading
import numpy as np
import pytest

pytest.importorskip('rosbags', reason='rosbags is not here: pip install -r requirements/bags.txt')

from dexnet_core.bags import replay as replaying
from dexnet_core.bags.reader import open_bag
from dexnet_core.bags.replay import Replay
from dexnet_core.bags.topics import find_topics, Wanted
from dexnet_core.bags.writer import grasp_types, plan_bag
from recordings import CLOUD, DEPTH, FRAME, INFO, Maker, START, write_bag1, write_bag2
from rosbags.rosbag2 import Reader as Reader2
from rvl_encoder import compressed_depth

CAMERA = CameraIntrinsics(8, 6, 10.0, 11.0, 3.5, 2.5)
PIXELS = np.full((6, 8), 700, np.uint16)
PIXELS[2, 3] = 0
JAW = JawGripper(name='hand', max_opening=0.08)


def grasp(x=0.0):
    pose = pose_matrix([x, 0.1, 0.5], np.eye(3))
    contacts = np.array([[x - 0.02, 0.1, 0.5], [x + 0.02, 0.1, 0.5]])
    return Grasp(Gripper.PARALLEL_JAW, pose, 0.75, (3.0, 2.0), contacts, contacts, 0.06, 0.01)


class FakePlanner:
    """Answers each observation with one grasp, and keeps what it was given."""

    model = 'fake 1'

    def __init__(self):
        self.given = []

    def plan(self, observation):
        self.given.append(observation)
        times = StageTimes(network=2.5)
        empty = np.empty((0, 0), np.float32)
        refused = {'no room': 3, 'low score': 0}
        return GraspPlan(
            (grasp(),), PlanStatus.OK, '', empty, 'fake 1', times, refused, 'given', JAW
        )


def frames(make, count=3, apart=0.1, pixels=PIXELS):
    """The messages of a camera, as drivers send them."""
    for k in range(count):
        yield INFO, k * apart, make.info(k * apart, CAMERA)
        yield DEPTH, k * apart, make.image(k * apart, pixels, '16UC1')


def replay(path, *wanted, every=1, **reading):
    """All answers, and the planner."""
    planner = FakePlanner()
    with open_bag(path) as bag:
        player = Replay(bag, find_topics(bag, Wanted(*wanted)), planner, Reading(**reading))
        return list(player.run(every)), planner, player


def written(path, kind, messages=None):
    """A recording of one kind, of the same three frames unless others are given."""
    storage, _, compression = kind.partition(' ')
    if storage == 'ros1':
        return write_bag1(path / 'a.bag', messages or frames(Maker(1)), compression or None)
    return write_bag2(path / 'a', messages or frames(Maker()), storage, compression or None)


KINDS = (
    *('sqlite3', 'sqlite3 message', 'sqlite3 file', 'mcap', 'mcap file', 'mcap storage'),
    *('ros1', 'ros1 bz2', 'ros1 lz4'),
)


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_of_recording_shows_the_same(tmp_path, kind):
    answers, planner, _ = replay(written(tmp_path, kind))
    assert [answer.frame.number for answer in answers] == [0, 1, 2]
    assert [answer.stamp_ns for answer in answers] == [START * 10**9 + k * 10**8 for k in range(3)]
    assert {answer.frame_id for answer in answers} == {FRAME}
    for observation in planner.given:
        np.testing.assert_allclose(observation.depth, PIXELS / 1000, rtol=1e-6)
        assert observation.camera == CAMERA


@pytest.mark.parametrize('kind', ['sqlite3', 'mcap', 'sqlite3 message', 'sqlite3 file'])
def test_the_file_in_the_folder_may_be_named(tmp_path, kind):
    folder = written(tmp_path, kind)
    (file,) = (file for file in folder.iterdir() if file.suffix != '.yaml')
    assert len(replay(file)[0]) == 3
    assert len(replay(folder / 'metadata.yaml')[0]) == 3


def test_files_without_metadata_are_read_one_after_the_other(tmp_path):
    whole = tmp_path / 'whole'
    whole.mkdir()
    for number in range(2):
        part = write_bag2(tmp_path / f'part_{number}', frames(Maker(), 2), 'mcap')
        (part / f'part_{number}.mcap').rename(whole / f'part_{number}.mcap')
    assert len(replay(whole)[0]) == 4


@pytest.mark.parametrize('coding', ['png', 'rvl'])
def test_compressed_depth_is_found_with_its_camera(tmp_path, coding):
    make = Maker()
    data = compressed_depth(PIXELS, coding)
    topic = '/camera/depth/image_raw/compressedDepth'
    messages = [
        ('/other/camera_info', 0, make.info(0, CameraIntrinsics(8, 6, 99.0, 99.0, 3.5, 2.5))),
        (INFO, 0, make.info(0, CAMERA)),
        (
            '/camera/color/image_raw/compressed',
            0,
            make.compressed(0, b'', 'rgb8; jpeg compressed'),
        ),
        (topic, 0.1, make.compressed(0.1, data, f'16UC1; compressedDepth {coding}')),
    ]
    (answer,), planner, _ = replay(write_bag2(tmp_path / 'a', messages))
    assert answer.frame.record.topic == topic
    np.testing.assert_allclose(planner.given[0].depth, PIXELS / 1000, rtol=1e-6)
    assert planner.given[0].camera == CAMERA


POINTS = np.array([[0.1, 0.2, 0.5], [0.3, 0.1, 0.6]], np.float32)


@pytest.mark.parametrize('ros', [1, 2])
def test_clouds_are_read(tmp_path, ros):
    make = Maker(ros)
    messages = [(CLOUD, 0, make.cloud(0, POINTS))]
    path = tmp_path / ('a.bag' if ros == 1 else 'a')
    (answer,), planner, _ = replay((write_bag1 if ros == 1 else write_bag2)(path, messages))
    np.testing.assert_array_equal(planner.given[0].points[0], POINTS)
    assert answer.plan.grasps


def test_grasps_of_an_image_that_looks_along_x_are_turned_into_its_frame(tmp_path):
    make = Maker()
    messages = [
        (INFO, 0, make.info(0, CAMERA, 'camera_link')),
        (DEPTH, 0, make.image(0, PIXELS, '16UC1', 'camera_link')),
    ]
    path = write_bag2(tmp_path / 'a', messages)
    (answer,), _, _ = replay(path, image_frame='x_forward')
    np.testing.assert_allclose(answer.header_plan.grasps[0].position, [0.5, 0, -0.1])
    (answer,), _, _ = replay(path)
    assert 'set image_frame' in answer.plan.message


def test_the_camera_may_come_after_the_images_and_only_once(tmp_path):
    make = Maker()
    messages = [(DEPTH, k / 10, make.image(k / 10, PIXELS, '16UC1')) for k in range(3)]
    messages.append((INFO, 0.5, make.info(0.5, CAMERA)))
    answers, planner, _ = replay(write_bag2(tmp_path / 'a', messages))
    assert len(answers) == 3
    assert all(observation.camera == CAMERA for observation in planner.given)


def test_a_camera_that_changes_its_size_is_followed(tmp_path):
    make = Maker()
    half = CameraIntrinsics(4, 3, 5.0, 5.5, 1.5, 1.0)
    messages = [
        *frames(make, 1),
        (INFO, 0.1, make.info(0.1, half)),
        (DEPTH, 0.1, make.image(0.1, PIXELS[::2, ::2], '16UC1')),
    ]
    _, planner, _ = replay(write_bag2(tmp_path / 'a', messages))
    assert [observation.camera for observation in planner.given] == [CAMERA, half]


def test_a_bad_frame_does_not_end_the_replay(tmp_path):
    make = Maker()
    cut = make.image(0.1, PIXELS, '16UC1')
    cut.data = cut.data[:10]
    messages = [
        *frames(make, 1),
        (DEPTH, 0.1, cut),
        (DEPTH, 0.2, make.image(0.2, np.zeros((6, 8, 3), np.uint8), 'rgb8')),
        (DEPTH, 0.3, make.image(0.3, np.full((4, 8), 700, np.uint16), '16UC1')),
        (DEPTH, 0.4, make.image(0.4, PIXELS, '16UC1')),
    ]
    answers, _, _ = replay(write_bag2(tmp_path / 'a', messages))
    states = [answer.plan.status for answer in answers]
    bad = PlanStatus.BAD_INPUT
    assert states == [PlanStatus.OK, bad, bad, bad, PlanStatus.OK]
    said = [answer.plan.message for answer in answers[1:4]]
    for message, expected in zip(said, ('10 bytes', "'rgb8'", 'cropped'), strict=True):
        assert expected in message


def test_a_planner_that_fails_does_not_end_the_replay(tmp_path, caplog):
    planner = FakePlanner()
    planner.plan = lambda _: 1 / 0
    with open_bag(write_bag2(tmp_path / 'a', frames(Maker(), 2))) as bag:
        answers = list(Replay(bag, find_topics(bag, Wanted()), planner, Reading()).run(1))
    assert [answer.plan.status for answer in answers] == [PlanStatus.BAD_INPUT] * 2
    assert 'ZeroDivisionError' in answers[0].plan.message
    assert 'failed on frame 0' in caplog.text
    assert 'failed on frame 1' not in caplog.text


def test_a_storage_that_is_broken_is_planned_on_as_far_as_it_goes(tmp_path):
    noise = np.random.default_rng(0).integers(500, 900, (200, 300)).astype(np.uint16)
    camera = CameraIntrinsics(300, 200, 300.0, 300.0, 149.5, 99.5)
    make = Maker(1)
    messages = [(INFO, 0, make.info(0, camera))]
    messages += [(DEPTH, k / 10, make.image(k / 10, noise, '16UC1')) for k in range(30)]
    path = write_bag1(tmp_path / 'a.bag', messages, 'bz2')
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1000] = bytes(1000)
    path.write_bytes(data)
    answers, _, player = replay(path)
    assert 0 < len(answers) < 30
    assert 'ends early' in player.ended


@pytest.mark.parametrize('kind', ['mcap', 'mcap storage'])
@pytest.mark.parametrize('share', [0.99, 0.6])
def test_an_mcap_that_was_not_closed_is_read_as_far_as_it_goes(tmp_path, kind, share, caplog):
    make = Maker()
    noise = np.random.default_rng(0).integers(500, 900, (200, 300)).astype(np.uint16)
    camera = CameraIntrinsics(300, 200, 300.0, 300.0, 149.5, 99.5)
    messages = [(INFO, 0, make.info(0, camera))]
    messages += [(DEPTH, k / 10, make.image(k / 10, noise, '16UC1')) for k in range(30)]
    path = write_bag2(tmp_path / 'a', messages, *kind.split())
    (file,) = path.glob('*.mcap')
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    (path / 'metadata.yaml').unlink()
    answers, planner, _ = replay(path)
    assert 0.4 * share * 30 <= len(answers) <= 30
    np.testing.assert_allclose(planner.given[-1].depth, noise / 1000, rtol=1e-6)
    assert 'was not closed' in caplog.text
    assert file.stat().st_size == int(share * len(whole))


def test_each_nth_frame_is_planned_on(tmp_path):
    answers, planner, _ = replay(write_bag2(tmp_path / 'a', frames(Maker(), 7)), every=3)
    stamps = [(answer.stamp_ns - START * 10**9) / 1e8 for answer in answers]
    assert stamps == [0, 3, 6]
    assert [answer.frame.number for answer in answers] == [0, 1, 2]
    assert len(planner.given) == 3


@pytest.mark.parametrize('kind', ['sqlite3', 'mcap', 'mcap storage', 'ros1'])
def test_without_a_number_frames_are_left_out_that_a_node_would_miss(tmp_path, kind, monkeypatch):
    path = written(tmp_path, kind, frames(Maker(1 if kind == 'ros1' else 2), 61, apart=1.0))
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    monkeypatch.setattr(replaying, 'time', clock)
    planner = FakePlanner()
    with open_bag(path) as bag:
        player = Replay(bag, find_topics(bag, Wanted()), planner, Reading())
        stamps = []
        for answer in player.run():
            stamps.append(answer.stamp_ns // 10**9 - START)
            clock.now += 2.25  # of the nine tenths of a minute that frames may take
    assert stamps == [math.ceil(2.5 * k) for k in range(25)]


# --- topics


def two_cameras(make):
    for name in ('left', 'right'):
        yield f'/{name}/camera_info', 0, make.info(0, CAMERA)
        yield f'/{name}/depth', 0, make.image(0, PIXELS, '16UC1')


def test_topics_that_are_ambiguous_are_listed(tmp_path):
    path = write_bag2(tmp_path / 'a', two_cameras(Maker()))
    listed = r'choose with --depth-topic from /left/depth \(1 sensor_msgs/msg/Image\), /right'
    with open_bag(path) as bag:
        with pytest.raises(ValueError, match=listed):
            find_topics(bag, Wanted())
        chosen = find_topics(bag, Wanted('right/depth'))
    assert (chosen.seen.name, chosen.camera) == ('/right/depth', '/right/camera_info')


@pytest.mark.parametrize(
    ('wanted', 'said'),
    [
        (Wanted('/nowhere'), r'--depth-topic /nowhere is not in the bag, which has /camera/depth'),
        (Wanted(INFO), 'is of sensor_msgs/msg/CameraInfo, expected sensor_msgs/msg/Image or'),
        (Wanted(DEPTH, DEPTH), 'expected sensor_msgs/msg/CameraInfo'),
        (Wanted(None, None, CLOUD), r'--cloud-topic /points is not in the bag'),
        (Wanted(DEPTH, None, CLOUD), 'give either --cloud-topic, or --depth-topic'),
    ],
)
def test_topics_that_cannot_be_used_are_named(tmp_path, wanted, said):
    with (
        open_bag(write_bag2(tmp_path / 'a', frames(Maker(), 1))) as bag,
        pytest.raises(ValueError, match=said),
    ):
        find_topics(bag, wanted)


def test_a_bag_without_depth_or_without_camera_says_what_it_has(tmp_path):
    make = Maker()
    image = (DEPTH, 0, make.image(0, PIXELS, '16UC1'))
    colour = ('/colour', 0, make.image(0, np.zeros((2, 3, 3), np.uint8), 'rgb8'))
    for number, (message, said) in enumerate(
        [
            (image, 'no camera info for /camera/depth/image_rect_raw'),
            (colour, r'no depth image\. It has /colour \(1 sensor_msgs'),
        ]
    ):
        path = write_bag2(tmp_path / str(number), [message])
        with open_bag(path) as bag, pytest.raises(ValueError, match=said):
            find_topics(bag, Wanted())


# --- what cannot be opened


def test_what_is_no_recording_is_told_in_one_line(tmp_path, capsys):
    empty, text = tmp_path / 'empty', tmp_path / 'a.txt'
    broken = [tmp_path / f'broken{ending}' for ending in ('.bag', '.mcap', '.db3')]
    empty.mkdir()
    for file in (text, *broken):
        file.write_bytes(b'no bag at all' * 50)
    for path, said in (
        (tmp_path / 'none', 'does not exist'),
        (empty, 'has no metadata.yaml, .mcap or .db3'),
        (text, 'expected a folder, .mcap, .db3 or .bag'),
        *((file, 'is no recording that can be read') for file in broken),
        (write_bag2(tmp_path / 'silent', []), 'has no messages'),
    ):
        assert main(['replay', str(path), '--planner', 'suction']) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


@pytest.mark.parametrize('kind', ['ros1', 'sqlite3', 'sqlite3 file', 'mcap file'])
def test_a_recording_that_is_cut_off_names_what_mends_it(tmp_path, kind, capsys):
    path = written(tmp_path, kind)
    file = path if path.is_file() else next(f for f in path.iterdir() if f.suffix != '.yaml')
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert main(['replay', str(path), '--planner', 'suction']) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert 'may mend it' in line


# --- plans as a recording


def test_plans_are_written_as_ros_would_write_them(tmp_path):
    answers, _, _ = replay(write_bag2(tmp_path / 'a', frames(Maker(), 2)))
    with plan_bag(tmp_path / 'out' / 'bag', 'sqlite3') as writer:
        for answer in answers:
            writer.write(answer)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['bag']
    store = grasp_types()
    with Reader2(tmp_path / 'out' / 'bag') as reader:
        (topic,) = reader.connections
        assert (topic.topic, topic.msgtype) == ('/grasps', 'dexnet_msgs/msg/GraspArray')
        rows = list(reader.messages())
    assert [time for _, time, _ in rows] == [START * 10**9, START * 10**9 + 10**8]
    message = store.deserialize_cdr(rows[1][2], topic.msgtype)
    assert (message.header.frame_id, message.header.stamp.nanosec) == (FRAME, 10**8)
    assert (message.status, message.model, message.approach) == (0, 'fake 1', 'given')
    assert [(one.reason, one.count) for one in message.refused] == [('no room', 3)]
    assert [(one.name, one.ms) for one in message.stages] == [('network', 2.5)]
    assert (message.jaw.name, message.jaw.max_opening) == ('hand', 0.08)
    (only,) = message.grasps
    place = only.pose.position
    assert (place.x, place.y, place.z) == pytest.approx((0.0, 0.1, 0.5))
    assert (only.gripper_type, only.score, only.pose.orientation.w) == (1, 0.75, 1.0)
    assert only.pixel.tolist() == [3.0, 2.0]
    assert [point.x for point in only.contact_points] == pytest.approx([-0.02, 0.02])


def test_another_folder_is_not_replaced(tmp_path):
    (tmp_path / 'bag').mkdir()
    (tmp_path / 'bag' / 'mine.txt').write_text('mine')
    with pytest.raises(ValueError, match='is no rosbag2'), plan_bag(tmp_path / 'bag', 'mcap'):
        pass
    assert (tmp_path / 'bag' / 'mine.txt').exists()


# --- the command


@pytest.fixture
def box(tmp_path):
    """A recording of a box on a table, with one frame that is cut off."""
    depth = np.full((240, 320), 0.7, np.float32)
    depth[90:150, 150:170] = 0.66
    camera = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
    make = Maker()
    cut = make.image(0.1, depth)
    cut.data = cut.data[:10]
    messages = [(INFO, 0, make.info(0, camera)), (DEPTH, 0, make.image(0, depth))]
    messages += [(DEPTH, 0.1, cut), (DEPTH, 0.2, make.image(0.2, depth))]
    return write_bag2(tmp_path / 'box', messages)


def test_the_command_writes_report_lines_sheet_and_bag(box, tmp_path, capsys):
    out = tmp_path / 'out'
    command = ['replay', box, '--planner', 'suction', '--every', '1', '--out', out, '--bag']
    assert main([*map(str, command), 'mcap']) == 0
    report = capsys.readouterr().out
    assert report == (out / 'report.md').read_text()
    assert '| frames | 3 |' in report
    assert '| frames with a grasp | 2 (67%) |' in report
    assert '| BAD_INPUT | 1 |' in report
    assert '10 bytes' in report
    lines = [json.loads(line) for line in (out / 'grasps.jsonl').read_text().splitlines()]
    assert [line['number'] for line in lines] == [0, 1, 2]
    assert [line['stamp_ns'] - START * 10**9 for line in lines] == [0, 10**8, 2 * 10**8]
    assert [line['status'] for line in lines] == ['OK', 'BAD_INPUT', 'OK']
    assert lines[0]['grasps'] == lines[2]['grasps']
    assert {line['frame'] for line in lines} == {FRAME}
    with Reader2(out / 'bag') as reader:
        assert reader.message_count == 3
    assert sorted(path.name for path in out.iterdir()) == [
        *('bag', 'grasps.jsonl', 'report.md', 'sheet.png'),
    ]


def test_what_was_done_before_ctrl_c_is_written(box, tmp_path, monkeypatch, capsys):
    whole, out = Replay.run, tmp_path / 'out'

    def interrupted(self, every):
        yield next(whole(self, every))
        raise KeyboardInterrupt

    monkeypatch.setattr(Replay, 'run', interrupted)
    command = ['replay', box, '--planner', 'suction', '--out', out, '--bag']
    assert main([*map(str, command)]) == 130
    told = capsys.readouterr()
    assert '| stopped | with Ctrl-C |' in told.out
    assert told.err == (f'dexnet: planning on {DEPTH} with {INFO}: 3 frames, 0 s\n')
    assert len((out / 'grasps.jsonl').read_text().splitlines()) == 1
    with Reader2(out / 'bag') as reader:
        assert reader.message_count == 1


def test_the_command_records_every_readable_frame_for_rerun(box, tmp_path):
    rr = pytest.importorskip('rerun', reason='Rerun is not here: pip install rerun-sdk')
    path = tmp_path / 'a.rrd'
    command = ['replay', box, '--planner', 'suction', '--every', '1', '--rerun', path]
    assert main([*map(str, command)]) == 0
    chunks = [chunk for chunk in rr.chunk.RrdReader(path).stream() if chunk.entity_path == '/plan']
    columns = [chunk.to_record_batch().column('frame').to_pylist() for chunk in chunks]
    assert sorted(number for column in columns for number in column) == [0, 2]


def test_options_that_make_no_sense_are_refused(box, capsys):
    for options, said in (
        (['--every', '0'], '--every is 0, expected at least 1'),
        (['--bag'], '--bag needs --out'),
        (['--rerun', 'a.mcap'], 'expected a .rrd file'),
        (['--depth-scale', '-1'], '--depth-scale is -1.0'),
        (['--up', 'high'], "--up is 'high'"),
    ):
        assert main(['replay', str(box), '--planner', 'suction', *options]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line


def test_without_the_library_what_installs_it_is_said(box, monkeypatch, capsys):
    import sys

    for name in [name for name in sys.modules if name.startswith('dexnet_core.bags')]:
        monkeypatch.delitem(sys.modules, name)
    for name in ('rosbags', 'rosbags.interfaces'):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(['replay', str(box), '--planner', 'suction']) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith('pip install -r requirements/bags.txt, or pip install rosbags')
