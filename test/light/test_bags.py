"""Recordings of every kind are read and planned on."""

import math
from types import SimpleNamespace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.messages.reading import Reading
from dexnet_core.planning.grasp import PlanStatus
import numpy as np
import pytest

pytest.importorskip('rosbags', reason='rosbags is not here: pip install -r requirements/bags.txt')

from bag_replays import CAMERA, FakePlanner, frames, KINDS, PIXELS, replay, written
from dexnet_core.io.bags import replaying as replaying
from dexnet_core.io.bags.bag_reader import open_bag
from dexnet_core.io.bags.replaying import Replay
from dexnet_core.io.bags.topics import find_topics, Wanted
from recordings import CLOUD, DEPTH, FRAME, INFO, Maker, START, write_bag1, write_bag2
from rvl_encoder import compressed_depth


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
