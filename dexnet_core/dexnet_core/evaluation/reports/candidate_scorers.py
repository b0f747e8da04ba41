"""Scoring of the same candidates of a measured view by model files of any kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import time
from typing import NamedTuple, Protocol

from dexnet_core.datasets.views.candidate_crops import candidate_crops
from dexnet_core.datasets.views.candidates import Candidates, ViewGripper
from dexnet_core.export.graph_cost import graph_cost, Shape
from dexnet_core.planning.contracts.stored_contract import Contract
from dexnet_core.planning.networks.session import CropSession, NetworkSession, open_session
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.scorer import ViewScorer
import numpy as np
from numpy.typing import NDArray


class CandidateScores(NamedTuple):
    """Scores of the n candidates of one view, and their cost.

    Attributes:
        quality: (n,) predictions in [0, 1].
        scored: Number of places of the view that the network scored, requested or not.
        seconds: Time of the network, without preparing its input.
        shapes: Shapes of its inputs.
    """

    quality: NDArray[np.float32]
    scored: int
    seconds: float
    shapes: tuple[Shape, ...]


class CandidateScorer(Protocol):
    """A network that scores candidates."""

    @property
    def contract(self) -> Contract:
        """Contract of the network."""

    def score(self, segmented: SegmentedImage, candidates: Candidates) -> CandidateScores:
        """Score at least one candidate of a view."""


class ViewCandidateScorer(NamedTuple):
    """A compact network: scores all cells and channels of the view in one run."""

    session: NetworkSession

    @property
    def contract(self) -> Contract:
        """Contract of the network."""
        return self.session.contract

    def score(self, segmented: SegmentedImage, candidates: Candidates) -> CandidateScores:
        """Return the quality of the cell nearest to each candidate, in its channel."""
        scorer = ViewScorer(self.session)
        prepared = scorer.prepare(segmented)
        began = time.perf_counter()
        cells = scorer.score(prepared)
        seconds = time.perf_counter() - began
        place = np.round(prepared.grid.cells_of_pixels(candidates.pixels)).astype(int)
        column, row = np.clip(place, 0, np.array(cells.shape[:0:-1]) - 1).T
        scored = int(np.count_nonzero(prepared.grid.on(segmented.objects, cells.shape[1:])))
        quality = cells[candidates.channels, row, column]
        return CandidateScores(quality, scored * len(cells), seconds, (prepared.tensor.shape,))


class CropCandidateScorer(NamedTuple):
    """A network of single crops: scores one crop per candidate."""

    session: CropSession
    gripper: ViewGripper

    @property
    def contract(self) -> Contract:
        """Contract of the network."""
        return self.session.contract

    def score(self, segmented: SegmentedImage, candidates: Candidates) -> CandidateScores:
        """Return the quality of the crop around each candidate."""
        contract = self.session.contract
        crops = candidate_crops(segmented, candidates, self.gripper, contract.scale)
        inputs = [(crops.relief / np.float32(contract.std))[:, None]]
        if contract.pose_inputs:
            poses = crops.poses(contract.pose_inputs, contract.mean)
            poses = (poses - contract.pose_mean) / contract.pose_std
            inputs.append(poses.astype(np.float32))
        began = time.perf_counter()
        quality = self.session.run(*inputs)
        seconds = time.perf_counter() - began
        return CandidateScores(
            quality, len(quality), seconds, tuple(part.shape for part in inputs)
        )


def open_candidate_scorer(path: Path, gripper: ViewGripper) -> CandidateScorer:
    """Open a model file of any kind that can score single candidates.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is damaged, for another gripper, a heat map of crops, or its
            directions and offsets differ from those of the labels.
    """
    session = open_session(path, gripper.release.gripper, threads=1)
    if isinstance(session, CropSession):
        if session.contract.form != 'crop':
            raise ValueError(f'{path} is a heat map of crops, expected a network of single crops')
        return CropCandidateScorer(session, gripper)
    if not isinstance(session, NetworkSession):
        raise ValueError(f'{path} is a grasp evaluator, expected a view network')
    got, wanted = session.contract.jaw, gripper.jaw
    if got and wanted and (got.angles, got.offsets) != (wanted.angles, wanted.offsets):
        raise ValueError(
            f'{path} has {got.angles} directions and offsets {got.offsets}, '
            f'labels have {wanted.angles} and {wanted.offsets}'
        )
    return ViewCandidateScorer(session)


class Cost(NamedTuple):
    """Computing cost of a network.

    Attributes:
        parameters: Number of parameters in its file.
        multiply_adds: Multiply-adds per scored candidate.
        per_second: Candidates scored per second.
    """

    parameters: int
    multiply_adds: float
    per_second: float


def cost_of(path: Path, scores: Sequence[CandidateScores]) -> Cost:
    """Return the mean cost over at least one view.

    Networks score different numbers of candidates per run, so the cost of all runs is divided by
    the number of all scored candidates.
    """
    counted = {shapes: graph_cost(path, shapes) for shapes in {s.shapes for s in scores}}
    work = sum(counted[s.shapes].multiply_adds for s in scores)
    scored = sum(s.scored for s in scores)
    seconds = sum(s.seconds for s in scores)
    parameters = next(iter(counted.values())).parameters
    return Cost(parameters, work / scored, scored / seconds)
