"""A planner that does not think, the messages of a camera, and what becomes of a recording."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.io.messages.reading import Reading
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus, StageTimes
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
import pytest

pytest.importorskip('rosbags', reason='rosbags is not here: pip install -r requirements/bags.txt')

from dexnet_core.io.bags.bag_reader import open_bag
from dexnet_core.io.bags.replaying import Replay
from dexnet_core.io.bags.topics import find_topics, Wanted
from recordings import DEPTH, INFO, Maker, write_bag1, write_bag2

CAMERA = CameraIntrinsics(8, 6, 10.0, 11.0, 3.5, 2.5)
PIXELS = np.full((6, 8), 700, np.uint16)
PIXELS[2, 3] = 0
JAW = JawGripper(name='hand', max_opening=0.08)


def grasp(x=0.0):
    pose = pose_matrix([x, 0.1, 0.5], np.eye(3))
    contacts = np.array([[x - 0.02, 0.1, 0.5], [x + 0.02, 0.1, 0.5]])
    return Grasp(GripperKind.PARALLEL_JAW, pose, 0.75, (3.0, 2.0), contacts, contacts, 0.06, 0.01)


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
