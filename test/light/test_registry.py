"""Other packages bring planners by entry points, and commands then know them."""

import json

from dexnet_core.cli.main import main
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners import planner_registry
from dexnet_core.planning.planners.planner_registry import planner_kinds
import numpy as np
import pytest

MODULE = """
from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np


class Lazy:
    model = 'lazy 1'

    def __init__(self, settings):
        self.settings = settings

    def with_settings(self, settings):
        return Lazy(settings)

    def plan(self, observation):
        shape = observation.shape
        message = f'too lazy for {self.settings.max_grasps} grasps'
        return GraspPlan((), PlanStatus.NO_CANDIDATE, message, np.zeros(shape), self.model)


def load(model=None, settings=None, threads=2, gripper=None):
    return Lazy(settings or PlannerSettings())


KIND = PlannerKind(load, PlannerSettings)
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a package whose entry points are lines of text."""
    monkeypatch.syspath_prepend(tmp_path)
    planner_kinds.cache_clear()

    def installed(*entries):
        (tmp_path / 'lazy_planner.py').write_text(MODULE)
        info = tmp_path / 'lazy_planner-1.0.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: lazy-planner\nVersion: 1.0\n')
        lines = [f'[{planner_registry.GROUP}]', *entries]
        (info / 'entry_points.txt').write_text('\n'.join(lines))

    yield installed
    planner_kinds.cache_clear()


def test_the_own_planners_have_names_settings_and_grippers():
    planner_kinds.cache_clear()
    kinds = planner_kinds()
    assert list(kinds)[:3] == ['suction', 'jaw', 'graspnet']
    grippers = [kinds[name].gripper for name in ('suction', 'jaw', 'graspnet')]
    assert grippers == [SuctionCup, JawGripper, JawGripper]
    assert [kind.has_heatmap for kind in kinds.values()][:3] == [True, True, False]


def test_a_planner_of_another_package_is_one_of_the_commands(install, tmp_path, capsys):
    install('lazy = lazy_planner:KIND')
    assert set(planner_kinds()) == {'suction', 'jaw', 'graspnet', 'lazy'}
    np.save(tmp_path / 'depth.npy', np.full((6, 8), 0.5, np.float32))
    image = ['--depth', str(tmp_path / 'depth.npy'), '--camera', '10,10,3.5,2.5']
    assert main(['plan', 'lazy', *image, '--top', '7', '--out', str(tmp_path / 'out')]) == 3
    assert 'no grasp: too lazy for 7 grasps' in capsys.readouterr().out
    assert json.loads((tmp_path / 'out' / 'grasps.json').read_text())['model'] == 'lazy 1'


def test_a_gripper_for_a_planner_without_one_is_refused(install, tmp_path, capsys):
    install('lazy = lazy_planner:KIND')
    words = ['--cloud', 'x.npy', '--gripper', 'g.yaml', '--out', str(tmp_path / 'out')]
    assert main(['plan', 'lazy', *words]) == 2
    assert '--gripper is for suction or jaw or graspnet, not for lazy' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('entry', 'said'),
    [
        ('lazy = lazy_planner:load', 'lazy_planner:load of dexnet.planners is a function'),
        ('jaw = lazy_planner:KIND', 'is called jaw, which is taken'),
    ],
)
def test_what_is_no_planner_or_has_a_taken_name_is_refused(install, entry, said):
    install(entry)
    with pytest.raises(ValueError, match=said):
        planner_kinds()


def test_help_of_a_planner_shows_what_it_takes(install, capsys):
    install('lazy = lazy_planner:KIND')
    for name, has_gripper, has_weights in (
        ('jaw', True, False),
        ('graspnet', True, True),
        ('lazy', False, False),
    ):
        with pytest.raises(SystemExit, match='0'):
            main(['plan', name, '--help'])
        told = capsys.readouterr().out
        assert f'example:\n  dexnet plan {name} --' in told
        assert ('--gripper' in told) == has_gripper
        assert ('--weights' in told) == ('--raw' in told) == has_weights
