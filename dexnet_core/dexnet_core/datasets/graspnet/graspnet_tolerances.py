"""Make the tolerances that a published set does not come with."""

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
    """Write the tolerances of all labelled objects of a set that have none.

    Args:
        root: Folder of the set.
        workers: Processes that work side by side.
        progress: Called with (done objects, description, total); yields them back.

    Raises:
        FileNotFoundError: The folder holds no grasp labels.
        ValueError: A file of labels is of another kind; the message names it.
    """
    layout = Layout(root, camera='')  # labels are of objects, not of views
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
