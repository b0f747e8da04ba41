"""Reader of a folder with a log or a table of picks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dexnet_core.io.picks.pick_log import pick_files, read_log
from dexnet_core.io.picks.pick_table import read_table, TABLE
from dexnet_core.io.picks.tried_pick import Pick
from dexnet_core.planning.grippers.gripper_files import Gripper


def read_picks(folder: Path, kind: type[Gripper]) -> Iterator[tuple[str, Pick]]:
    """Yield the picks of a folder, each with its origin (a file, or file and row) for messages.

    Args:
        folder: Folder with `picks.csv`, or else with the files of a log.
        kind: Gripper type of the table; a log stores the gripper of each pick.

    Raises:
        FileNotFoundError: The folder does not exist, or has neither.
        ValueError: A file or row cannot be used; the message names it.
    """
    if (folder / TABLE).is_file():
        yield from read_table(folder, kind)
    elif pick_files(folder):
        yield from ((str(path), pick) for path, pick in read_log(folder))
    else:
        raise FileNotFoundError(
            f'{folder} has no picks: expected {TABLE}, or the files that a node with the '
            'parameter record writes'
        )
