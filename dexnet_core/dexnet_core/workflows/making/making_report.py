"""Report of a trained planner, and the parameter file of its node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.planning.planners.loading import EVALUATOR, PROPOSALS
from dexnet_core.simulation.picking.round_records import Round
from dexnet_core.workflows.making.making_config import Amounts, MakeConfig
from dexnet_core.workflows.making.making_recipes import RECIPES
from dexnet_core.workflows.making.network_choice import Choice
from dexnet_core.workflows.making.pick_comparison import (
    GRIPPER,
    MADE,
    MODEL,
    report_picks,
    SHIPPED,
)

NODE = 'node.yaml'
_NODE = """# Parameters of {program}_node for this gripper; paths are those of the training PC.
/**:
  ros__parameters:
    model: '{model}'
    gripper: '{gripper}'
"""


def write_make_report(
    config: MakeConfig,
    root: Path,
    amounts: Amounts,
    choices: Sequence[Choice],
    rounds: Sequence[Round],
) -> str:
    """Write node.yaml and report.md, and return the text of the report."""
    program = RECIPES[config.planner].program
    model, gripper = (_in_yaml((root / name).resolve()) for name in (MODEL, GRIPPER))
    write_text(root / NODE, _NODE.format(program=program, model=model, gripper=gripper))
    text = '\n\n'.join(
        [
            f'# A planner for {config.gripper.name or "your gripper"}',
            _made_of(config, root, amounts),
            *_curves(root),
            *(choice.text for choice in choices),
            _picked(root, rounds, MADE if any(c.takes_new for c in choices) else SHIPPED),
            '## On the robot',
            _used(config, root),
        ]
    )
    write_text(root / 'report.md', text + '\n')
    return text


def _in_yaml(path: Path) -> str:
    """Return a path escaped for a single-quoted YAML string."""
    return str(path).replace("'", "''")


def _used(config: MakeConfig, root: Path) -> str:
    """Return the commands that use the planner."""
    node, model, gripper = (quote(str(root / name)) for name in (NODE, MODEL, GRIPPER))
    proposals, board = (
        quote(str(path)) for path in (root / MODEL / f'{PROPOSALS}.onnx', root / 'x5')
    )
    program = RECIPES[config.planner].program
    return (
        f'```bash\nros2 launch dexnet_ros {program}.launch.py params_file:={node}\n'
        f'dexnet plan {config.planner} --model {model} --gripper {gripper} '
        '--depth DEPTH --camera CAMERA --out OUT\n```\n\n'
        f'For the RDK X5:\n\n```bash\ndexnet export {config.planner} --target x5 '
        f'--weights {proposals} --out {board}\n```'
    )


def _curves(root: Path) -> list[str]:
    """Return links to the curves; none of a network whose training had no time to draw them."""
    paths = [Path('runs', name, 'curves.png') for name in (PROPOSALS, EVALUATOR)]
    return [
        f'![{path.parent.name}: loss and average precision over the epochs]({path})'
        for path in paths
        if (root / path).exists()
    ]


def _picked(root: Path, rounds: Sequence[Round], who: str) -> str:
    """Return the picking report with links relative to the root, and a planner's failed grasps."""
    text = report_picks(root, rounds).replace('# ', '## ', 1)
    text = text.replace('](calibration.png)', '](picks/calibration.png)').rstrip()
    sheets = sorted((root / 'picks').glob(f'*_{who}/failures.png'))
    links = [f'![failed grasps]({sheet.relative_to(root)})' for sheet in sheets]
    return '\n\n'.join([text, *links])


def _made_of(config: MakeConfig, root: Path, amounts: Amounts) -> str:
    """Return a table of planned and finished amounts."""
    begun = 'random weights' if config.from_scratch else 'the shipped weights'
    planned: list[tuple[str, int, int]] = [
        ('scenes with labelled views', _scenes(root / 'views', 'train'), amounts.view_scenes),
        ('epochs over labelled views', _epochs(root, PROPOSALS), amounts.view_epochs),
        ('scenes with trials', _scenes(root / 'trials', 'train'), amounts.train_scenes),
        ('scenes with validation trials', _scenes(root / 'trials', 'val'), amounts.val_scenes),
        ('epochs over trials', _epochs(root, EVALUATOR), amounts.epochs),
    ]
    objects = f'parts of {config.meshes} and procedural' if config.meshes else 'procedural'
    rows: list[list[Cell]] = [['objects', objects], ['training starts from', begun]]
    rows += [[name, f'{finished} of {number}'] for name, finished, number in planned if number]
    rows.append(['picking rounds per kind of scene', amounts.rounds])
    return markdown_table(['quantity', 'finished of planned'], rows)


def _scenes(data: Path, split: str) -> int:
    """Return the number of scenes of a split in all sets of a folder."""
    paths = data.glob(f'*/views/{split}/scene_*.npz')
    return len({path.with_name(path.stem.rpartition('_')[0]) for path in paths})


def _epochs(root: Path, network: str) -> int:
    """Return the number of finished epochs."""
    history = root / 'runs' / network / 'history.csv'
    return len(history.read_text().splitlines()) - 1 if history.exists() else 0
