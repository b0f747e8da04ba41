"""Computation of the tolerances of a published set, which does not contain them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import read_labels
from dexnet_core.datasets.graspnet_files.set_writer import write_tolerance
from dexnet_core.datasets.graspnet_files.tolerance import tolerances
from dexnet_core.io.processes import spread_over
from dexnet_core.io.progress import Progress

_LABELS = '_labels.npz'


def make_tolerances(root: Path, workers: int, progress: Progress) -> None:
    """Compute the tolerances of all labelled objects of a set that have no tolerance file.

    Args:
        root: Folder of the set.
        workers: Number of processes.
        progress: Called with (iterator of finished objects, description, total); yields the
            same items.

    Raises:
        FileNotFoundError: The folder has no grasp labels.
        ValueError: A label file is of another kind; the message contains its path.
    """
    layout = Layout(root, camera='')  # labels belong to objects, not to views
    folder = layout.grasp_labels(0).parent
    numbers = sorted(
        int(path.name.removesuffix(_LABELS)) for path in folder.glob(f'[0-9][0-9][0-9]{_LABELS}')
    )
    if not numbers:
        raise FileNotFoundError(f'{folder} has no files such as 000{_LABELS}')
    missing = [number for number in numbers if not layout.tolerance(number).exists()]
    with spread_over(workers, progress) as spread:
        spread(partial(_make, layout), missing, 'tolerances')


def _make(layout: Layout, number: int) -> int:
    labels = read_labels(layout, number)
    write_tolerance(layout, number, tolerances(labels.points, labels.scores))
    return number
