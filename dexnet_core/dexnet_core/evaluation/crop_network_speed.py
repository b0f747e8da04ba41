"""Run time of exported crop networks as a function of batch size and image size.

A crop network evaluates an image crop by crop; a heat map network evaluates all crops in one run
(FC-GQ-CNN, Satish et al. 2019). The plot follows Dex-Net 5.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
import time
from typing import NamedTuple

from dexnet_core.evaluation.sliding_window import slide
from dexnet_core.export.graph_cost import graph_cost, GraphCost
from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.planning.networks.session import CropSession, open_session
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SpeedRow:
    """One measurement.

    Attributes:
        network: Name and version from the contract, or name of the file; see `time_networks`.
        how: 'crops', 'sliding window' or 'heat map'.
        size: Crops per batch, or side of the image in pixels.
        candidates: Number of places that were evaluated.
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
        """Multiply-adds per place."""
        return self.multiply_adds / self.candidates


class _Work(NamedTuple):
    """A call to time, and the fields of its `SpeedRow`."""

    run: Callable[[], object]
    how: str
    size: int
    candidates: int
    cost: GraphCost


def time_networks(
    paths: Sequence[Path],
    batches: Sequence[int],
    sides: Sequence[int],
    rounds: int = 3,
    threads: int = 2,
) -> list[SpeedRow]:
    """Time crop networks on batches and as sliding windows, and heat map networks on images.

    Args:
        paths: ONNX files with a crop contract, without pose inputs.
        batches: Batch sizes, one row each.
        sides: Sides of square images in pixels, one row each.
        rounds: Number of timed runs, after one warm-up run.
        threads: Threads of the network.

    Returns:
        Rows in the order of the files. Networks with equal names are given the names of their
        files.

    Raises:
        FileNotFoundError: A file does not exist; raised before any network is timed.
        ValueError: A file is no crop network without poses, or an image is too small for it; also
            raised before any network is timed.
    """
    sessions = {path: _open(path, sides, threads) for path in paths}
    rows = {}
    for path, session in sessions.items():
        name = f'{session.contract.name} {session.contract.version}'
        rows[path] = [
            SpeedRow(name, *work[1:-1], _timed(work.run, rounds), *work.cost)
            for work in _works(path, session, batches, sides)
        ]
    return _with_unique_names(rows)


def _works(
    path: Path, session: CropSession, batches: Sequence[int], sides: Sequence[int]
) -> Iterator[_Work]:
    if session.contract.form == 'heatmap':
        yield from (_heatmap(path, session, side) for side in sides)
    else:
        yield from (_batch(path, session, count) for count in batches)
        yield from (_sliding_window(path, session, side) for side in sides)


def _batch(path: Path, session: CropSession, count: int) -> _Work:
    crop = session.contract.crop
    crops = _noise(count, 1, crop, crop)
    return _Work(
        lambda: session.run(crops), 'crops', count, count, graph_cost(path, [crops.shape])
    )


def _heatmap(path: Path, session: CropSession, side: int) -> _Work:
    image = _noise(1, 1, side, side)
    candidates, cost = session.run(image).size, graph_cost(path, [image.shape])
    return _Work(lambda: session.run(image), 'heat map', side, candidates, cost)


def _sliding_window(path: Path, session: CropSession, side: int) -> _Work:
    image, crop = _noise(side, side), session.contract.crop
    candidates = (side - crop + 1) ** 2
    cost = graph_cost(path, [(1, 1, crop, crop)])
    cost = cost._replace(multiply_adds=cost.multiply_adds * candidates)
    return _Work(lambda: slide(session.run, image, crop), 'sliding window', side, candidates, cost)


def _with_unique_names(rows: Mapping[Path, Sequence[SpeedRow]]) -> list[SpeedRow]:
    """Return the rows of all files; networks with equal names get the names of their files."""
    labels = [label for group in rows.values() for label in {(r.network, r.how) for r in group}]
    stems = [path.stem for path in rows]
    renamed: list[SpeedRow] = []
    for path, group in rows.items():
        if any(labels.count((row.network, row.how)) > 1 for row in group):
            name = path.stem if stems.count(path.stem) == 1 else str(path)
            group = [replace(row, network=name) for row in group]
        renamed += group
    return renamed


def speed_table(rows: Sequence[SpeedRow]) -> str:
    """Return a Markdown table with one row per measurement."""
    head = ('network', 'how', 'size', 'candidates', 'ms', 'µs per candidate')
    return markdown_table((*head, 'Mmult-adds per candidate'), map(_cells, rows))


def _cells(row: SpeedRow) -> tuple[str | int, ...]:
    each = row.seconds * 1e6 / row.candidates
    times = (f'{row.seconds * 1e3:.1f}', f'{each:.1f}', f'{row.per_candidate / 1e6:.1f}')
    return (row.network, row.how, row.size, row.candidates, *times)


def _open(path: Path, sides: Sequence[int], threads: int) -> CropSession:
    """Open the network of a file; all images must be larger than its crop."""
    session = open_session(path, threads=threads)
    if not isinstance(session, CropSession) or session.contract.pose_inputs:
        raise ValueError(f'{path} is not a crop network without pose inputs')
    crop = session.contract.crop
    if sides and min(sides) <= crop:
        raise ValueError(f'image side is {min(sides)}, expected over {crop} pixels for {path}')
    return session


def _noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _timed(work: Callable[[], object], rounds: int) -> float:
    """Return the median run time in seconds, after one warm-up run."""
    work()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)
