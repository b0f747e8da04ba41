"""Topics of recordings, recordings that cannot be opened, plans written back, the command."""

import json

from dexnet_core.cli.main import main
from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
import pytest

pytest.importorskip('rosbags', reason='rosbags is not here: pip install -r requirements/bags.txt')

from bag_replays import CAMERA, frames, PIXELS, replay, written
from dexnet_core.io.bags.bag_reader import open_bag
from dexnet_core.io.bags.bag_writer import grasp_types, plan_bag
from dexnet_core.io.bags.replaying import Replay
from dexnet_core.io.bags.topics import find_topics, Wanted
from recordings import CLOUD, DEPTH, FRAME, INFO, Maker, START, write_bag2
from rosbags.rosbag2 import Reader as Reader2

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
        (Wanted(INFO), 'has type sensor_msgs/msg/CameraInfo, expected sensor_msgs/msg/Image or'),
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
        *((file, 'is not a readable bag') for file in broken),
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
    assert 'may repair it' in line


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
    with pytest.raises(ValueError, match='is not a rosbag2'), plan_bag(tmp_path / 'bag', 'mcap'):
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
    every = list(rr.chunk.RrdReader(path).stream())
    for wanted in ('/plan', '/places/near\\ a\\ better\\ one'):
        chunks = [chunk for chunk in every if chunk.entity_path == wanted]
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

    for name in [name for name in sys.modules if name.startswith('dexnet_core.io.bags')]:
        monkeypatch.delitem(sys.modules, name)
    for name in ('rosbags', 'rosbags.interfaces'):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(['replay', str(box), '--planner', 'suction']) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("the extra bags: pip install './dexnet_core[bags]'")
