"""What an extra of the package brings is enough for the commands that it is for."""

from pathlib import Path
import subprocess
import sys

import pytest

CORE = Path(__file__).resolve().parents[2] / 'dexnet_core'
SIMULATION = ('mujoco', 'trimesh', 'shapely', 'embreex', 'coacd', 'yourdfpy')
LEARNING = ('torch', 'onnxscript')


def import_without(missing: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Import modules in a fresh interpreter where some libraries are not to be had."""
    code = (
        f'import sys; sys.modules.update(dict.fromkeys({missing!r}))\n'
        f'import importlib\nfor name in {names!r}: importlib.import_module(name)'
    )
    subprocess.run([sys.executable, '-c', code], check=True, cwd=CORE)


def test_networks_are_trained_and_exported_without_a_simulator():
    pytest.importorskip('torch')
    names = (
        *('training.training_recipes', 'evaluation.reports.trial_report'),
        *('models.conversion', 'export.onnx_file'),
    )
    import_without(SIMULATION, tuple(f'dexnet_core.{name}' for name in names))


def test_scenes_are_made_and_picked_without_torch():
    pytest.importorskip('mujoco')
    names = (
        *('evaluation.reports.pick_report', 'simulation.picking.pick_job'),
        *('datasets.views.view_generation', 'evaluation.planner_speed'),
    )
    import_without(LEARNING, tuple(f'dexnet_core.{name}' for name in names))
