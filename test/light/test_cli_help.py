"""Help, version and advice of the command line."""

import importlib
from importlib.metadata import version
import sys

from dexnet_core.cli import bench_data
from dexnet_core.cli.extras import _USUAL
from dexnet_core.cli.main import _COMMANDS, main
import pytest

KINDS = {
    'plan': ('suction', 'jaw', 'graspnet'),
    'replay': ('suction', 'jaw', 'graspnet'),
    'pick': ('suction', 'jaw', 'graspnet'),
    'make': ('jaw', 'suction'),
    'adapt': ('suction', 'jaw'),
    'evaluate': ('graspnet',),
    'generate': ('suction', 'jaw', 'suction-trials', 'jaw-trials', 'graspnet', 'tolerances'),
    'export': (
        *('suction', 'jaw', 'suction-evaluator', 'jaw-evaluator'),
        *('gqcnn', 'efficientnet', 'fcgqcnn', 'fcgqcnn-highres', 'graspnet'),
    ),
    'analyze': ('stats', 'models', 'angle', 'padding', 'compare', 'trials'),
    'bench': ('suction', 'jaw', 'graspnet', 'networks', 'data'),
}


@pytest.mark.parametrize('words', [['--help'], ['plan', '--help'], ['plan', 'jaw', '--help']])
def test_help_says_what_exit_statuses_mean(words, capsys):
    with pytest.raises(SystemExit, match='0'):
        main(words)
    told = capsys.readouterr().out
    for status in ('0    done', '2    an error', '3    plan: no grasp', '130  stopped'):
        assert status in told


@pytest.mark.parametrize('command', ['plan', 'generate', 'train', 'export', 'evaluate', 'bench'])
def test_help_shows_an_example(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, '--help'])
    assert stop.value.code == 0
    assert f'example:\n  dexnet {command}' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('command', 'kind'), [(command, kind) for command in KINDS for kind in KINDS[command]]
)
def test_each_kind_has_help_with_an_example(capsys, command, kind):
    with pytest.raises(SystemExit, match='0'):
        main([command, kind, '--help'])
    told = capsys.readouterr().out
    assert told.startswith(f'usage: dexnet {command} {kind} ')
    assert f'example:\n  dexnet {command} {kind} ' in told


@pytest.mark.parametrize(
    ('words', 'shown', 'hidden'),
    [
        ('plan jaw', '--gripper', '--raw'),
        ('plan graspnet', '--raw', '--synthetic'),
        ('generate tolerances', '--workers', '--seed'),
        ('generate graspnet', '--views-per-scene', '--per-view'),
        ('export jaw-evaluator', '--wide', '--size'),
        ('export graspnet', '--maximum-width', '--mean'),
        ('bench data', '--release', '--threads'),
        ('analyze stats', '--split', '--out'),
    ],
)
def test_help_of_a_kind_shows_its_own_options(capsys, words, shown, hidden):
    with pytest.raises(SystemExit, match='0'):
        main([*words.split(), '--help'])
    told = capsys.readouterr().out
    assert shown in told
    assert hidden not in told


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        ('plan', 'dexnet plan: error: the following arguments are required: PLANNER'),
        ('plan claw --out o', "dexnet plan: error: argument PLANNER: invalid choice: 'claw'"),
        ('plan jaw --colour red --out o', 'dexnet plan jaw: error: unrecognized arguments: --col'),
        ('replay bag --planner jaw b', 'dexnet replay jaw: error: unrecognized arguments: b'),
    ],
)
def test_what_no_kind_knows_is_an_error_of_the_command(capsys, words, expected):
    with pytest.raises(SystemExit, match='2'):
        main(words.split())
    assert expected in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ('library', 'expected'),
    [
        ('scipy', 'dexnet bench needs it: pip install scipy'),
        ('mujoco', "dexnet bench needs the extra sim: pip install './dexnet_core[sim]'"),
        ('embreex.rtcore_scene', "needs the extra sim: pip install './dexnet_core[sim]'"),
        ('onnx', "needs the extra sim: pip install './dexnet_core[sim]'"),
        ('torch', "needs the extra train: pip install './dexnet_core[train]'"),
        ('onnxscript', "needs the extra export: pip install './dexnet_core[export]'"),
        ('PIL', "needs the extra sim: pip install './dexnet_core[sim]'"),
        ('pyarrow', "needs the extra viz: pip install './dexnet_core[viz]'"),
    ],
)
def test_what_installs_a_missing_library_is_said(monkeypatch, capsys, library, expected):
    monkeypatch.setitem(sys.modules, library.split('.')[0], None)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(bench_data, 'run', lambda args: importlib.import_module(library))
    assert main(['bench', 'data', 'x']) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert library in line
    assert line.endswith(expected)


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(['--version'])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f'dexnet {version("dexnet_core")}\n'


def test_every_command_has_an_extra_that_it_is_for():
    assert {command.__name__.rpartition('.')[2].replace('_', '-') for command in _COMMANDS} == set(
        _USUAL
    )
