"""GraspNet for a board: its dense layers are graphs of one size, with one run for each level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
import time

from dexnet_core.geometry.pointcloud.neighbours import (
    Cylinder,
    into_frames,
    ScannedCloud,
    three_nearest,
)
from dexnet_core.geometry.pointcloud.sampling import farthest_levels
from dexnet_core.planning.graspnet.board_graphs import board_graphs, CONTRACT_FILE, SEEDS_AT_ONCE
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.decode import Heads
from dexnet_core.planning.graspnet.graspnet_contract import contract_from_json, GraspNetContract
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.planning.networks.graph import Graph, OnnxGraph
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes, Sensed
from dexnet_core.planning.networks.hbm import HbmGraph, SUFFIX
from dexnet_core.planning.networks.model_file import start_session
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Floats = NDArray[np.float32]


class BoardGraspNet:
    """Both stages of a GraspNet, with the interface of `GraspNetNetwork`."""

    def __init__(self, graphs: Mapping[str, Graph], contract: GraspNetContract) -> None:
        """Take the graphs of `board_graphs`, by name.

        Raises:
            ValueError: A graph is missing, or its inputs do not match the contract.
        """
        for graph in board_graphs(contract.design):
            loaded = graphs.get(graph.name)
            got = loaded and {name: tuple(shape) for name, shape in loaded.inputs.items()}
            if got != graph.inputs:
                raise ValueError(f'{graph.name} has inputs {got}, expected {graph.inputs}')
        self._graphs, self._contract = graphs, contract

    @property
    def name(self) -> str:
        """Name and version of the network."""
        return f'{self._contract.name} {self._contract.version}'

    @property
    def constants(self) -> GraspNetConstants:
        """Scales of the outputs."""
        return self._contract.constants

    @property
    def design(self) -> GraspNetDesign:
        """Sizes of the network."""
        return self._contract.design

    def sense(self, points: Points) -> Sensed:
        """Run the first stage, see `GraspNetNetwork.sense`."""
        marks = [time.perf_counter()]
        indices = farthest_levels(points, [level.centres for level in self.design.levels])
        marks.append(time.perf_counter())
        centres, cloud = [points[index] for index in indices], ScannedCloud(points)
        lifted = self._level(1, cloud, centres[0])
        features = []
        for number in (2, 3, 4):
            before = ScannedCloud(centres[number - 2])
            level, *lifted = self._level(number, before, centres[number - 1], *lifted)
            features.append(level)
        marks.append(time.perf_counter())
        second, third, fourth = features
        (third,) = self._run('up_3', _interpolated(fourth, centres[2], centres[3]), third)
        (outputs,) = self._run('seeds', _interpolated(third, centres[1], centres[2]), second)
        marks.append(time.perf_counter())
        times = GraspNetTimes(*(np.diff(marks) * 1e3).tolist())
        rows = outputs[0, :, :, 0].T
        return Sensed(cloud, indices, centres[1], rows[:, :2], rows[:, 2:], times)

    def evaluate_seeds(
        self, sensed: Sensed, places: Points, rotations: Points
    ) -> tuple[Heads, GraspNetTimes]:
        """Run the second stage, see `GraspNetNetwork.evaluate_seeds`."""
        began, spent = time.perf_counter(), 0.0
        shape = len(self.design.depths), ANGLES
        rows = [np.empty((0, 4, *shape), np.float32)]
        for begin in range(0, len(places), SEEDS_AT_ONCE):
            few = slice(begin, begin + SEEDS_AT_ONCE)
            local = self._cylinders(sensed.cloud, places[few], rotations[few])
            started = time.perf_counter()
            outputs = np.concatenate(self._run('cylinders', local), axis=1)[0, :, :, 0].T
            spent += time.perf_counter() - started
            heads = outputs.reshape(SEEDS_AT_ONCE, shape[0], 4, ANGLES)[: len(places[few])]
            rows.append(heads.transpose(0, 2, 1, 3))
        searched = time.perf_counter() - began - spent
        times = sensed.times._replace(cylinders_ms=searched * 1e3, heads_ms=spent * 1e3)
        return Heads(*np.concatenate(rows).transpose(1, 0, 2, 3)), times

    def _run(self, name: str, *inputs: Floats) -> list[Floats]:
        return self._graphs[name].run(*inputs)

    def _level(
        self, number: int, cloud: ScannedCloud, centres: Points, *lifted: Floats
    ) -> list[Floats]:
        """Run a level on the points of the previous level, and on its features if it has any."""
        level = self.design.levels[number - 1]
        near = cloud.first_in_balls(centres, level.radius, level.samples)
        local = (cloud.points[near] - centres[:, None]) / np.float32(level.radius)
        inputs = [np.ascontiguousarray(local.transpose(2, 0, 1)[None])]
        inputs += [features[:, :, near, 0] for features in lifted]
        return self._run(f'level_{number}', *inputs)

    def _cylinders(self, cloud: ScannedCloud, seeds: Points, rotations: Points) -> Floats:
        """Return the input of graph `cylinders`; unused rows are 0.

        An empty cylinder holds a point from elsewhere, which is clipped to the radius, because
        the rounding step of a board depends on the greatest value.
        """
        cut = self.design.cylinders
        cylinder = Cylinder(cut.radius, cut.bottom, cut.tops)
        inside = cloud.first_in_cylinders(seeds, rotations, cylinder, cut.samples)
        owner = np.broadcast_to(np.arange(len(seeds))[:, None, None], inside.shape).ravel()
        local = into_frames(cloud.points[inside.ravel()], seeds, rotations, owner)
        places = np.stack(local).reshape(3, -1, cut.samples) / np.float32(cut.radius)
        np.clip(places, -1, 1, out=places)
        filled = np.zeros((1, 3, SEEDS_AT_ONCE * len(cut.tops), cut.samples), np.float32)
        filled[0, :, : places.shape[1]] = places
        return filled


def _interpolated(coarse: Floats, fine: Points, known: Points) -> Floats:
    """Interpolate (1, C, m, 1) features of coarse centres at the fine ones, (1, C, n, 1)."""
    nearest = three_nearest(fine, known)
    shares: Floats = coarse[:, :, nearest.indices, 0] * nearest.weights
    return np.asarray(shares.sum(axis=3, keepdims=True))


def is_for_board(folder: Path) -> bool:
    """Return whether a folder holds a GraspNet that is exported for a board."""
    return (folder / CONTRACT_FILE).is_file()


def read_board_contract(folder: Path) -> GraspNetContract:
    """Read the contract beside the graphs.

    Raises:
        FileNotFoundError: There is no contract.
        ValueError: The file is not a contract.
    """
    path = folder / CONTRACT_FILE
    try:
        return contract_from_json(path.read_text())
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def open_board_graspnet(
    folder: Path, threads: int = 2, around: Callable[[str, Graph], Graph] | None = None
) -> BoardGraspNet:
    """Load the compiled graphs if they exist, else the ONNX files.

    Args:
        folder: Folder with the graphs and their contract.
        threads: Number of threads of ONNX Runtime.
        around: Called with the name of each graph and the graph; returns the graph to run instead.

    Raises:
        FileNotFoundError: A graph or the contract is missing.
        ValueError: A graph is damaged, or does not match the contract.
    """
    contract = read_board_contract(folder)
    graphs = {g.name: _opened(folder, g.name, threads) for g in board_graphs(contract.design)}
    if around:
        graphs = {name: around(name, graph) for name, graph in graphs.items()}
    return BoardGraspNet(graphs, contract)


def _opened(folder: Path, name: str, threads: int) -> Graph:
    compiled, path = folder / f'{name}{SUFFIX}', folder / f'{name}.onnx'
    if compiled.is_file():
        return HbmGraph(compiled)
    if not path.is_file():
        raise FileNotFoundError(f'GraspNet {folder} has no graph {path.name}')
    return OnnxGraph(start_session(path, threads))
