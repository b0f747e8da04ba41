"""Grippers from YAML files; what cannot be one is refused with the file's name."""

from pathlib import Path

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.gripper_files import gripper_text, read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
import pytest


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of a gripper."""

    def written(text):
        path = tmp_path / 'mine.yaml'
        path.write_text(text)
        return path

    return written


def test_what_a_file_does_not_say_is_as_usual(write):
    jaw = read_gripper(write('type: parallel_jaw\nmax_opening: 0.06\nname: mine\n'), JawGripper)
    assert jaw == JawGripper(max_opening=0.06)
    assert jaw.name == 'mine'
    cup = read_gripper(write('type: suction_cup\nradius: 0.01\nvacuum: 70000\n'), SuctionCup)
    assert cup == SuctionCup(radius=0.01, vacuum=70_000)


def test_every_shipped_file_is_read(repo):
    files = list((repo / 'config' / 'grippers').iterdir())
    assert files
    for path in files:
        of_a_cup = 'suction_cup' in path.read_text()
        assert read_gripper(path, SuctionCup if of_a_cup else JawGripper).name


@pytest.mark.parametrize(
    'gripper', [JawGripper(), JawGripper(name='y'), SuctionCup(name='x', radius=0.01)]
)
def test_a_gripper_is_written_as_it_is_read(write, gripper):
    again = read_gripper(write(gripper_text(gripper)), type(gripper))
    assert (again, again.name) == (gripper, gripper.name)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('max_openning: 0.05', 'got unknown keys max_openning, expected some of'),
        ('radius: 0.05', 'unknown keys radius'),
        ('3: 0.05', 'unknown keys 3'),
        ('max_opening: wide', "max_opening is 'wide', expected a finite number"),
        ('max_opening: true', 'max_opening is True, expected a finite number'),
        ('max_opening: [1]', 'expected a finite number'),
        ('max_opening:', 'max_opening is None, expected a finite number'),
        ('max_opening: .nan', 'max_opening is nan, expected a finite number'),
        ('max_opening: .inf', 'max_opening is inf, expected a finite number'),
        ('max_opening: 0', r'max_opening is 0\.0, expected > 0'),
        ('palm_width: -0.1', r'palm_width is -0\.1, expected > 0'),
        ('flange_distance: -0.1', r'flange_distance is -0\.1, expected >= 0'),
        ('max_opening: 85', 'expected at most 1.0 m; are the lengths in millimetres'),
        ('tip_reach: 0.05', r'tip_reach is 0\.05, expected less than finger_length 0\.045'),
        ('name: 7', 'name is 7, expected text'),
    ],
)
def test_an_impossible_jaw_is_refused(write, text, said):
    with pytest.raises(ValueError, match=rf'mine\.yaml: .*{said}'):
        read_gripper(write(f'type: parallel_jaw\n{text}\n'), JawGripper)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('lip: 0.01', r'lip is 0\.01, expected less than radius'),
        ('vacuum: 0', 'vacuum is 0\\.0, expected > 0'),
        ('max_opening: 0.05', 'unknown keys max_opening'),
    ],
)
def test_an_impossible_cup_is_refused(write, text, said):
    with pytest.raises(ValueError, match=rf'mine\.yaml: .*{said}'):
        read_gripper(write(f'type: suction_cup\n{text}\n'), SuctionCup)


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('type: suction_cup', "type 'suction_cup', expected parallel_jaw"),
        ('type: [claw]', 'expected parallel_jaw'),
        ('max_opening: 0.05', 'has no key `type`, expected `type: parallel_jaw`'),
        ('- 1', 'holds a list, expected keys and values'),
        ('', 'no key `type`'),
        ('a: [b', 'is not YAML'),
    ],
)
def test_what_describes_no_jaw_is_refused(write, text, said):
    with pytest.raises(ValueError, match='mine') as refused:
        read_gripper(write(text), JawGripper)
    assert said in str(refused.value)
    assert '\n' not in str(refused.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere'):
        read_gripper(tmp_path / 'nowhere.yaml', JawGripper)


@pytest.mark.parametrize('name', ['franka_hand', 'cup_15mm'])
def test_the_examples_can_be_read(name):
    file = Path(__file__).resolve().parents[2] / 'config' / 'grippers' / f'{name}.yaml'
    kind = JawGripper if name == 'franka_hand' else SuctionCup
    gripper = read_gripper(file, kind)
    assert gripper.name
    assert kind is JawGripper or gripper == SuctionCup()
