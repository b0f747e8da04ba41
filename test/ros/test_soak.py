"""The soak test of benchmarks/soak: its figures, and a short form over real DDS."""

from itertools import chain
from pathlib import Path
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')
pytest.importorskip('matplotlib', reason='matplotlib is not here: the report has a picture')

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'benchmarks' / 'soak'))
from figures import figures_of, frames_behind, Record, record_of, restarts
from records import Answer, Ended, Frame, Phase, rows_of, Sample, Writer
from report import faults, write_report

SOAK = Path(__file__).resolve().parents[2] / 'benchmarks' / 'soak'
PERIOD = 1 / 30


def frames(start, count, camera):
    return [Frame(start + k * PERIOD, camera) for k in range(count)]


def answer(frame, began, seconds=0.1, status=0):
    """One to a frame that the node took `began` seconds after its stamp."""
    at = frame.stamp + began + seconds
    return Answer(at, frame.stamp, 1000 * seconds, status, 5, '')


def test_a_frame_is_behind_if_a_newer_one_was_there_when_planning_began():
    sent = frames(100.0, 30, 1)
    fresh, late, older = (answer(sent[4], began) for began in (0.02, 0.9 * PERIOD, 2.5 * PERIOD))
    record = Record([], sent, [fresh, late, older], [], [])
    assert frames_behind(record).tolist() == [0, 0, 2]


def test_grasps_come_again_where_one_was_planned_on_a_frame_of_the_new_camera():
    cameras = [frames(100.0, 120, 1), frames(110.0, 120, 2), frames(120.0, 120, 3)]
    phases = [Phase(99.0 + 10 * k, 'size', k + 1) for k in range(4)]
    answers = [
        answer(cameras[0][-1], began=9.0),  # of the camera before
        answer(cameras[1][3], began=0.0, status=5),
        answer(cameras[1][9], began=0.0),
    ]
    got = restarts(Record(phases, list(chain(*cameras)), answers, [], []))
    np.testing.assert_allclose(got, [9 * PERIOD + 0.1, np.inf])


@pytest.mark.parametrize('growth', [0.0, 0.02])
def test_memory_is_compared_between_whole_rounds_of_cameras(growth):
    seconds = np.arange(0, 1500.0)
    phases = [Phase(60.0 * k, ('large', 'small')[k % 2], k) for k in range(25)]
    large = (seconds // 60) % 2 == 0
    warm = np.minimum(seconds / 300, 1)
    mib = warm * np.where(large, 300.0, 200.0) * (1 + growth * (seconds > 1000))
    samples = [Sample(at, round(1024 * m), 1024, at) for at, m in zip(seconds, mib, strict=True)]
    figures = figures_of(Record(phases, [], [], samples, [Ended(1500.0, 0)]))
    assert figures.memory.growth == pytest.approx(growth, abs=1e-4)
    assert figures.memory.first == pytest.approx(250.0, abs=0.1)
    assert figures.cpu == pytest.approx(1.0)
    assert any('memory grew' in fault for fault in faults(figures)) == (growth > 0)


def test_rows_come_back_and_one_that_was_cut_off_is_left_out(tmp_path):
    rows = [Answer(1.5, 1.25, 100.0, 5, 0, 'a, "b"'), Answer(2.5, 2.25, 90.0, 0, 10, '')]
    for row in rows:  # as two runs
        writer = Writer(tmp_path, Answer)
        writer.write(row)
        writer.close()
    with (tmp_path / 'answer.csv').open('a') as file:
        file.write('3.5,3.2')
    assert rows_of(tmp_path, Answer) == rows


@pytest.fixture
def picture(tmp_path):
    """What the camera sees: a block and a bar on a table."""
    depth = np.full((480, 640), 0.7, np.float32)
    depth[140:300, 120:320] = 0.65
    depth[180:300, 440:480] = 0.66
    np.save(tmp_path / 'picture.npy', depth)
    return tmp_path / 'picture.npy'


def ran(program, *arguments):
    """What a program of the folder said; it ended well, or with 1 where a promise was broken."""
    command = [sys.executable, SOAK / program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    assert 'Traceback' not in done.stderr, done.stderr
    return done.stdout


def test_grasps_come_again_after_every_restart_of_the_camera(picture, ros_domain):
    kinds = ('320x240', '424x240')
    options = [word for kind in kinds for word in ('--kind', kind)]
    for minutes, phase in ((0.23, 6.5), (1.2, 30.0)):  # longer where the machine is busy
        out = picture.parent / f'for_{minutes}'
        times = ('--minutes', minutes, '--phase', phase)
        ran('run.py', '--planner', 'jaw', *times, *options, '--out', out)
        record = record_of(out / 'jaw')
        came = restarts(record)
        if len(came):
            break
    assert [phase.what for phase in record.phases[:2]] == list(kinds)
    assert len(came) >= 1
    assert np.isfinite(came).all()
    figures = figures_of(record)
    assert (figures.errors, figures.ended) == (0, [0])
    assert figures.memory.last > 10
    text, _ = write_report(out, ['jaw'])
    assert (out / 'soak.md').read_text() == text
    assert (out / 'soak.png').stat().st_size > 0


def test_the_share_of_ros_is_told_by_stage(picture, ros_domain):
    options = ('--planner', 'suction', '--again', '--answers', 5, '--kind', '320x240')
    said = ran('share.py', *options, '--picture', picture)
    for stage in ('make grasps', 'send GraspHeatmap', 'executor', 'all beside the planner'):
        assert f'| {stage} | ' in said
    assert 'most of it' in said
