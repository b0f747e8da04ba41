"""Picks on disk: the log of a node, and tables of other people's."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.picks.pick_folder import read_picks
from dexnet_core.io.picks.pick_log import Answer, pick_files, PickLog, read_log, UnknownPickError
from dexnet_core.io.picks.tried_pick import Made, Offered, Pick, read_pick, write_pick
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image, of_optical_cloud
import numpy as np
import pytest

CAMERA = CameraIntrinsics(40, 30, 50.0, 51.0, 19.5, 14.5)
MATRIX = '50 0 19.5\n0 51 14.5\n0 0 1\n'
HEAD = 'image,x,y,z,qx,qy,qz,qw,width,held'
ROW = 'depth.npy,0.01,0.02,0.5,0,0,0,1,0.05,1'


def offered(count=2):
    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, 2, 3] = 0.5
    return Offered(poses, np.full(count, 0.05), np.full(count, 0.01), np.linspace(0.9, 0.5, count))


def pick_at(stamp_ns=7, **changes):
    depth = np.random.default_rng(0).uniform(0.3, 0.9, CAMERA.shape).astype(np.float32)
    depth[:3] = 0
    seen = of_image(depth, CAMERA, mask=depth > 0.5, up=np.array([0.0, 0.6, -0.8]))
    made = Made('jaw', 'a model', {'approach': 'any', 'max_tilt': 0.5}, 'camera', stamp_ns)
    return replace(Pick(seen, JawGripper(max_opening=0.07), offered(), made=made), **changes)


def test_a_pick_comes_back_as_it_was_stored(tmp_path):
    pick = pick_at(tried=1, held=False, note='slipped')
    write_pick(tmp_path / 'a.npz', pick)
    got = read_pick(tmp_path / 'a.npz')
    assert np.abs(got.seen.depth - pick.seen.depth).max() < 0.00006
    assert (got.seen.depth[:3] == 0).all()
    assert (got.seen.mask == pick.seen.mask).all()
    assert got.seen.camera == CAMERA
    assert got.seen.up == pytest.approx(pick.seen.up)
    assert (got.gripper, got.made) == (pick.gripper, pick.made)
    assert (got.tried, got.held, got.note) == (1, False, 'slipped')
    for one, other in zip(got.offered, pick.offered, strict=True):
        assert one == pytest.approx(other)


def test_what_is_unknown_stays_unknown(tmp_path):
    seen = of_image(np.full(CAMERA.shape, 9.0, np.float32), CAMERA)
    write_pick(tmp_path / 'a.npz', Pick(seen, SuctionCup(), offered(0)))
    got = read_pick(tmp_path / 'a.npz')
    assert (got.tried, got.held, got.seen.up, got.seen.mask) == (None, None, None, None)
    assert got.gripper == SuctionCup()
    assert not got.seen.depth.any(), 'what is too far for the format was not seen'


def test_what_is_no_distance_was_not_seen(tmp_path):
    depth = np.full(CAMERA.shape, 0.5, np.float32)
    depth[0, :3] = -0.1, np.nan, np.inf
    write_pick(tmp_path / 'a.npz', Pick(of_image(depth, CAMERA), JawGripper(), offered()))
    got = read_pick(tmp_path / 'a.npz').seen.depth
    assert not got[0, :3].any()
    assert got[0, 3:] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('format', 2),
        ('about', '{}'),
        ('about', '{"gripper": "jaw"}'),
        ('widths', [1.0]),
        ('tried', np.inf),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, name, value):
    path = tmp_path / 'a.npz'
    write_pick(path, pick_at())
    with np.load(path) as archive:
        arrays = {**archive, name: np.array(value)}
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r'a\.npz'):
        read_pick(path)


def test_only_an_image_and_a_grasp_that_is_there_make_a_pick():
    with pytest.raises(ValueError, match='grasp 2 was tried, expected 0 to 1'):
        pick_at(tried=2)
    with pytest.raises(ValueError, match='cloud'):
        pick_at(seen=of_optical_cloud(np.ones((4, 3))))


def kept_in(folder, *stamps, most=10):
    """A log that keeps an answer of each stamp, in a frame that is moved by a metre."""
    log = PickLog(folder, most=most)
    for stamp in stamps:
        pick = pick_at(stamp)
        log.keep(pick, answer_of(pick))
    return log


def answer_of(pick):
    poses = pick.offered.poses.copy()
    poses[:, 0, 3] += 1 + 0.01 * np.arange(len(poses))
    return Answer(pick.made.stamp_ns, 'base', poses)


def grasp_of(stamp, tried, frame='base'):
    answer = answer_of(pick_at(stamp))
    return Answer(stamp, frame, answer.poses[tried : tried + 1])


def test_a_log_writes_what_is_told_and_takes_it_back(tmp_path):
    log = kept_in(tmp_path / 'log', 1, 2)
    assert not (tmp_path / 'log').exists(), 'nothing is written of what was not tried'
    log.report(grasp_of(1, 0), held=True)
    log.report(grasp_of(1, 0), held=False, note='fell later')
    log.report(grasp_of(2, 1), held=True)
    first, second = (pick for _, pick in read_log(tmp_path / 'log'))
    assert (first.held, first.note, first.tried) == (False, 'fell later', 0)
    assert (second.held, second.tried, second.made.stamp_ns) == (True, 1, 2)
    assert second.offered.poses == pytest.approx(offered().poses), 'in the frame of the image'


def test_stamps_that_come_again_replace_no_pick_of_an_earlier_run(tmp_path):
    for held in (True, False, True):
        log = kept_in(tmp_path, 1)
        log.report(grasp_of(1, 0), held=not held)
        log.report(grasp_of(1, 0), held=held)
    assert [pick.held for _, pick in read_log(tmp_path)] == [True, False, True]


def test_a_log_refuses_what_it_does_not_know(tmp_path):
    log = kept_in(tmp_path, 1)
    moved = grasp_of(1, 0)
    moved.poses[0, 2, 3] += 0.001
    for grasp in (grasp_of(3, 0), grasp_of(1, 0, frame='camera'), moved):
        with pytest.raises(UnknownPickError, match='is known, expected one of the last 1'):
            log.report(grasp, held=True)
    assert not pick_files(tmp_path)


def test_of_two_answers_to_one_image_the_one_with_the_grasp_is_told_of(tmp_path):
    log = kept_in(tmp_path, 1)
    other = pick_at(1, offered=offered(1))
    log.keep(other, Answer(1, 'base', answer_of(other).poses + np.float64(0.5)))
    log.report(grasp_of(1, 1), held=True)
    ((_, pick),) = read_log(tmp_path)
    assert (pick.tried, len(pick.offered.scores)) == (1, 2)


def test_a_full_log_takes_no_more_but_corrections(tmp_path):
    log = kept_in(tmp_path, 1, 2, most=1)
    log.report(grasp_of(1, 0), held=True)
    with pytest.raises(OSError, match='1 picks'):
        log.report(grasp_of(2, 0), held=True)
    log.report(grasp_of(1, 0), held=False)
    assert [pick.held for _, pick in read_log(tmp_path)] == [False]


def test_the_oldest_answers_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(
        'dexnet_core.io.picks.pick_log.KEPT_BYTES', 2 * pick_at().seen.depth.nbytes
    )
    log = kept_in(tmp_path, 1, 2, 3)
    with pytest.raises(UnknownPickError, match='last 2'):
        log.report(grasp_of(1, 0), held=True)
    log.report(grasp_of(2, 0), held=True)


def test_a_log_is_not_written_over_a_file(tmp_path):
    (tmp_path / 'log').write_text('')
    with pytest.raises(NotADirectoryError):
        PickLog(tmp_path / 'log', most=1)


def table(folder, *rows, head=HEAD, frames=''):
    depth = np.full(CAMERA.shape, 0.5, np.float32)
    np.save(folder / 'depth.npy', depth)
    (folder / 'picks.csv').write_text('\n'.join([head, *rows]) + '\n')
    if frames:
        (folder / 'frames.csv').write_text(frames)
    (folder / 'camera.txt').write_text(MATRIX)
    return list(read_picks(folder, JawGripper))


def test_a_table_is_read_with_poses_in_the_image_and_in_other_frames(tmp_path):
    frames = 'frame,x,y,z,qx,qy,qz,qw\nbase,0,0,1,1,0,0,0\n'
    rows = ('depth.npy,0.01,-0.02,0.5,1,0,0,0,0.05,0,base,fell', f'{ROW},,')
    (_, turned), (where, plain) = table(tmp_path, *rows, head=f'{HEAD},frame,note', frames=frames)
    assert turned.offered.poses[0][:3, 3] == pytest.approx([0.01, 0.02, 0.5])
    assert turned.offered.poses[0][:3, 2] == pytest.approx([0, 0, 1])
    assert (turned.held, turned.tried, turned.note) == (False, 0, 'fell')
    assert plain.offered.poses[0][:3, 3] == pytest.approx([0.01, 0.02, 0.5])
    assert (plain.held, plain.offered.widths[0]) == (True, 0.05)
    assert where.endswith('picks.csv, row 3')


@pytest.mark.parametrize(
    ('row', 'words'),
    [
        ('other.npy,0.01,0.02,0.5,0,0,0,1,0.05,1', "image is 'other.npy'"),
        ('depth.npy,0.9,0.02,0.5,0,0,0,1,0.05,1', 'pixel (110, 17)'),
        ('depth.npy,10,20,500,0,0,0,1,0.05,1', 'expected metres'),
        ('depth.npy,0.01,0.02,0.5,0,0,0,1,0.05,x', "held is 'x'"),
        ('depth.npy,0.01,0.02,-0.5,0,0,0,1,0.05,1', 'behind the camera'),
        ('depth.npy,0.01,nan,0.5,0,0,0,1,0.05,1', "y is 'nan', expected a number"),
        ('depth.npy,0.01,0.02,0.5,0,0,0,0.5,0.05,1', 'length 0.5, expected 1'),
        ('depth.npy,0.01,0.02,0.5,1,0,0,0,0.05,1', 'towards the camera'),
        ('depth.npy,0.01,0.02,0.5,0,0,0,1,50,1', 'width is 50.0'),
        ('depth.npy,0.01,0.02,0.5,0,0,0,1,0.05', "held is ''"),
    ],
)
def test_a_bad_row_is_one_line_that_names_file_and_row(tmp_path, row, words):
    with pytest.raises(ValueError, match=r'picks.csv, row 3: ') as caught:
        table(tmp_path, ROW, row)
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_table_may_say_its_gripper_and_where_up_is(tmp_path):
    (tmp_path / 'gripper.yaml').write_text('type: parallel_jaw\nmax_opening: 0.06\n')
    head = f'{HEAD},up_x,up_y,up_z'
    (_, known), (_, unknown) = table(tmp_path, f'{ROW},0,-2,0', f'{ROW},,,', head=head)
    assert known.gripper.max_opening == 0.06
    assert known.seen.up == pytest.approx([0, -1, 0])
    assert unknown.seen.up is None
    with pytest.raises(ValueError, match="row 2: up_z is '', expected a number"):
        table(tmp_path, f'{ROW},0,-2,', head=head)


def test_an_unknown_frame_is_named(tmp_path):
    with pytest.raises(ValueError, match="row 2: frame is 'base', expected one of camera"):
        table(tmp_path, f'{ROW},base', head=f'{HEAD},frame')


def test_a_table_needs_its_columns(tmp_path):
    with pytest.raises(ValueError, match=r'picks.csv has no column held but image,'):
        table(tmp_path, ROW[:-2], head=HEAD[:-5])
    with pytest.raises(ValueError, match='nothing'):
        table(tmp_path, head='')


@pytest.mark.parametrize('text', [b'\xff\xfei', f'{HEAD}\n"{"a" * 140_000}'.encode()])
def test_what_is_no_table_is_named(tmp_path, text):
    (tmp_path / 'picks.csv').write_bytes(text)
    with pytest.raises(ValueError, match=r'picks\.csv is not a table in UTF-8'):
        list(read_picks(tmp_path, JawGripper))


def test_empty_lines_of_a_table_are_counted(tmp_path):
    with pytest.raises(ValueError, match='row 4: held is'):
        table(tmp_path, ROW, '', ROW[:-1] + 'x')


def test_a_table_needs_a_camera(tmp_path):
    np.save(tmp_path / 'depth.npy', np.full(CAMERA.shape, 0.5, np.float32))
    (tmp_path / 'picks.csv').write_text(f'{HEAD}\n{ROW}\n')
    with pytest.raises(ValueError, match=r'row 2: .* has no camera.yaml, expected one file'):
        list(read_picks(tmp_path, JawGripper))
    (tmp_path / 'camera.txt').write_text(MATRIX)
    assert len(list(read_picks(tmp_path, JawGripper))) == 1


def test_a_folder_without_picks_says_what_was_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'expected picks.csv'):
        list(read_picks(tmp_path, JawGripper))
