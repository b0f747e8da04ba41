"""The report of a planner that was made, and the files that its node is started with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.analysis.written import Cell, markdown_table
from dexnet_core.files.atomic import write_text
from dexnet_core.making.choice import Choice
from dexnet_core.making.config import Amounts, MakeConfig
from dexnet_core.making.kinds import KINDS
from dexnet_core.making.picks import GRIPPER, MADE, MODEL, report_picks
from dexnet_core.picking.rounds import Round

NODE = 'node.yaml'
_NODE = """# Parameters of {program}_node for this gripper, with paths of the machine that made it.
/**:
  ros__parameters:
    model: '{model}'
    gripper: '{gripper}'
"""


def write_make_report(
    config: MakeConfig, root: Path, amounts: Amounts, choice: Choice, rounds: Sequence[Round]
) -> str:
    """Write node.yaml and report.md, and return the text of the latter."""
    program = KINDS[config.planner].program
    paths = {name: (root / name).resolve() for name in (MODEL, GRIPPER)}
    node = _NODE.format(program=program, model=paths[MODEL], gripper=paths[GRIPPER])
    write_text(root / NODE, node)
    text = '\n\n'.join(
        [
            f'# A planner for {config.gripper.name or "your gripper"}',
            _made_of(config, amounts),
            '![loss and average precision over the epochs](runs/evaluator/curves.png)',
            _chosen(choice),
            _picked(root, rounds),
            '## On the robot',
            f'```bash\nros2 launch dexnet_ros {program}.launch.py params_file:={root / NODE}\n'
            f'dexnet plan {config.planner} --model {root / MODEL} --gripper {root / GRIPPER} '
            '--depth DEPTH --camera CAMERA --out OUT\n```',
        ]
    )
    write_text(root / 'report.md', text + '\n')
    return text


def _picked(root: Path, rounds: Sequence[Round]) -> str:
    """Return the report of the picks with links that hold in the folder above, and pictures."""
    text = report_picks(root, rounds).replace('# ', '## ', 1)
    text = text.replace('](calibration.png)', '](picks/calibration.png)').rstrip()
    sheets = sorted((root / 'picks').glob(f'*_{MADE}/failures.png'))
    links = [f'![failed grasps]({sheet.relative_to(root)})' for sheet in sheets]
    return '\n\n'.join([text, *links])


def _made_of(config: MakeConfig, amounts: Amounts) -> str:
    begun = 'untrained weights' if config.from_scratch else 'the shipped weights'
    rows: list[list[Cell]] = [
        ['objects', f'parts of {config.meshes} and procedural' if config.meshes else 'procedural'],
        ['scenes to train with, to validate on', f'{amounts.train_scenes}, {amounts.val_scenes}'],
        ['epochs', f'{amounts.epochs}, begun with {begun}'],
        ['rounds of picking of each kind', amounts.rounds],
    ]
    return markdown_table(['what', 'how much'], rows)


def _chosen(choice: Choice) -> str:
    taken = (
        'The new evaluator is in'
        if choice.takes_new
        else ('The shipped evaluator stays in: the new one does not foretell better in')
    )
    return (
        f'{taken} `{MODEL}/`. Mean log loss on {choice.grasps} grasps, tried on objects that are '
        f'kept for validation: {choice.shipped:.4f} shipped, {choice.made:.4f} new.'
    )
