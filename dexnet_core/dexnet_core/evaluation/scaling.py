"""How the time of crop networks grows with crops and images, measured on exported files.

A crop network judges an image by a crop at every place, a heat map judges all of them at once
(FC-GQ-CNN, Satish et al. 2019); the figure is Dex-Net 5.0's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
import time

from dexnet_core.evaluation.sliding import slide
from dexnet_core.graph_cost import graph_cost
from dexnet_core.runtime.session import CropSession, open_session
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SpeedRow:
    """One measurement.

    Attributes:
        network: Name and version from the contract, or of the file; see `told_apart`.
        how: 'crops', 'sliding window' or 'heat map'.
        size: Crops of a batch, or pixels of the image's side.
        candidates: Places that were judged.
        seconds: Median time for all of them.
        parameters: See `GraphCost`.
        multiply_adds: For all of them; see `GraphCost`.
    """

    network: str
    how: str
    size: int
    candidates: int
    seconds: float
    parameters: int
    multiply_adds: int

    @property
    def per_candidate(self) -> float:
        """Multiply-adds for each place."""
        return self.multiply_adds / self.candidates


def time_batches(
    path: Path, batches: Sequence[int], rounds: int = 3, threads: int = 2
) -> list[SpeedRow]:
    """Time a crop network on batches of crops.

    Args:
        path: ONNX file with a contract of the crop form, without pose inputs.
        batches: Crops at once, one row each.
        rounds: Runs that the median is of, after one that is not counted.
        threads: Of the network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not such a file.
    """
    session = _open(path, 'crop', threads)
    crop, rng = session.contract.crop, np.random.default_rng(0)
    rows = []
    for count in batches:
        crops = rng.normal(size=(count, 1, crop, crop)).astype(np.float32)
        seconds = _timed(lambda crops=crops: session.run(crops), rounds)
        cost = graph_cost(path, [crops.shape])
        rows.append(SpeedRow(_name(session), 'crops', count, count, seconds, *cost))
    return rows


def time_heatmaps(
    path: Path, sides: Sequence[int], rounds: int = 3, threads: int = 2
) -> list[SpeedRow]:
    """Time a fully convolutional network on square images.

    Args:
        path: ONNX file with a contract of the heat map form.
        sides: Pixels of an image's side, one row each.
        rounds: As of `time_batches`.
        threads: Of the network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not such a file, or an image is too small.
    """
    session = _open(path, 'heatmap', threads)
    rows = []
    for side in sides:
        image = _image(session, side)[None, None]
        candidates = session.run(image).size
        seconds = _timed(lambda image=image: session.run(image), rounds)
        cost = graph_cost(path, [image.shape])
        rows.append(SpeedRow(_name(session), 'heat map', side, candidates, seconds, *cost))
    return rows


def time_sliding_windows(
    path: Path, sides: Sequence[int], rounds: int = 1, threads: int = 2
) -> list[SpeedRow]:
    """Time a crop network at every place of square images.

    Args:
        path: As of `time_batches`.
        sides: Pixels of an image's side, one row each.
        rounds: As of `time_batches`.
        threads: Of the network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not such a file, or an image is too small.
    """
    session = _open(path, 'crop', threads)
    crop = session.contract.crop
    parameters, each = graph_cost(path, [(1, 1, crop, crop)])
    rows = []
    for side in sides:
        image = _image(session, side)
        candidates = slide(session.run, image, crop).size
        seconds = _timed(lambda image=image: slide(session.run, image, crop), rounds)
        row = (_name(session), 'sliding window', side, candidates, seconds, parameters)
        rows.append(SpeedRow(*row, each * candidates))
    return rows


def told_apart(rows: Mapping[Path, Sequence[SpeedRow]]) -> list[SpeedRow]:
    """Return the rows of files, under the file's name where two measure networks of one name."""
    labels = [label for own in rows.values() for label in {(row.network, row.how) for row in own}]
    stems = [path.stem for path in rows]
    told = []
    for path, own in rows.items():
        if any(labels.count((row.network, row.how)) > 1 for row in own):
            name = path.stem if stems.count(path.stem) == 1 else str(path)
            own = [replace(row, network=name) for row in own]
        told += own
    return told


def speed_table(rows: Sequence[SpeedRow]) -> str:
    """Return Markdown, one line for each measurement."""
    lines = [
        '| network | how | size | candidates | ms | µs per candidate | Mmult-adds per candidate |',
        '|---|---|---|---|---|---|---|',
    ]
    for row in rows:
        each = row.seconds * 1e6 / row.candidates
        lines.append(
            f'| {row.network} | {row.how} | {row.size} | {row.candidates} |'
            f' {row.seconds * 1e3:.1f} | {each:.1f} | {row.per_candidate / 1e6:.1f} |'
        )
    return '\n'.join(lines)


def _open(path: Path, form: str, threads: int) -> CropSession:
    session = open_session(path, threads=threads)
    contract = session.contract
    if not isinstance(session, CropSession) or contract.form != form or contract.pose_inputs:
        raise ValueError(f'{path} is not a crop network of the form {form} without pose inputs')
    return session


def _name(session: CropSession) -> str:
    return f'{session.contract.name} {session.contract.version}'


def _image(session: CropSession, side: int) -> NDArray[np.float32]:
    """Return a (side, side) image of noise."""
    if side <= session.contract.crop:
        raise ValueError(f'image side is {side}, expected over {session.contract.crop} pixels')
    return np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)


def _timed(work: Callable[[], object], rounds: int) -> float:
    """Return the median of the seconds that the work takes, after a first time."""
    work()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)
