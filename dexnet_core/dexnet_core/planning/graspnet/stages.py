"""The graphs of a GraspNet with their inputs and outputs, for torch and for the runtime.

Sampling and neighbour search are outside of the graphs. A runtime computes

    1. centres of all levels: farthest points of the cloud, then of the centres of the previous
       level, which are its first centres unless there are ties, as on a lattice;
    2. neighbours of the centres of each level among those of the previous level (the cloud for
       the first), by ball query: the first `samples` within `radius`, in the order of the points;
    3. graphs `level_1` to `level_4`, each in slices of as many centres as run fastest;
    4. graph `seeds`: quality of the views at each seed, a centre of the second level;
    5. for seeds on objects, the points in nested cylinders along the best view;
    6. graph `crop` on these points, the maximum over each cylinder, graph `heads`.

Qi et al., PointNet++, NIPS 2017; Fang et al., GraspNet-1Billion, CVPR 2020.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from dexnet_core.planning.values.checks import require_all_positive, require_positive

CLOUD_POINTS = 20000
"""Number of points that graspnet-baseline samples a cloud to."""
VIEWS = 300
"""Number of approach directions, see `dexnet_core.planning.graspnet.approach_directions`."""
ANGLES = 12
"""Number of in-plane angles over half a turn; class k is k * pi / ANGLES."""


@dataclass(frozen=True)
class Level:
    """One set abstraction.

    Attributes:
        centres: Number of centres.
        radius: Radius in metres of the neighbourhood of a centre.
        samples: Number of neighbours of a centre.
        channels: Widths of the point network's layers.

    Raises:
        ValueError: A number is not positive.
    """

    centres: int
    radius: float
    samples: int
    channels: tuple[int, ...]

    def __post_init__(self) -> None:
        require_positive(self, 'centres', 'radius', 'samples')
        require_all_positive(self, 'channels')


@dataclass(frozen=True)
class Cylinders:
    """The nested cylinders about the approach that select the points around a seed.

    Attributes:
        radius: Metres.
        bottom: Start of all cylinders along the approach, metres from the seed.
        tops: End of each cylinder along the approach; also the depth in metres of its grasps,
            from the seed to the fingertips.
        samples: Number of points in each cylinder.
        channels: Widths of the point network's layers.

    Raises:
        ValueError: A number is not positive; `bottom` may be. There is no cylinder.
    """

    radius: float = 0.05
    bottom: float = -0.02
    tops: tuple[float, ...] = (0.01, 0.02, 0.03, 0.04)
    samples: int = 64
    channels: tuple[int, ...] = (64, 128, 256)

    def __post_init__(self) -> None:
        require_positive(self, 'radius', 'samples')
        require_all_positive(self, 'channels')
        if not self.tops:
            raise ValueError(f'tops is {self.tops}, expected a cylinder')


LEVELS = (
    Level(2048, 0.04, 64, (64, 64, 128)),
    Level(1024, 0.1, 32, (128, 128, 256)),
    Level(512, 0.2, 16, (128, 128, 256)),
    Level(256, 0.3, 16, (128, 128, 256)),
)


@dataclass(frozen=True)
class GraspNetDesign:
    """The size of a GraspNet; the defaults are those of graspnet-baseline.

    Attributes:
        levels: The four set abstractions; the centres of the second are the seeds.
        propagated: Widths of each of the two feature propagations, from level 4 to 3 to 2.
        cylinders: Input region of the second stage.
        head: Width of the hidden layers of the heads.
        points: Number of points that a cloud is sampled to.

    Raises:
        ValueError: There are not four levels, a level has more centres than the one before, or a
            number is not positive.
    """

    levels: tuple[Level, ...] = LEVELS
    propagated: tuple[int, ...] = (256, 256)
    cylinders: Cylinders = field(default_factory=Cylinders)
    head: int = 128
    points: int = CLOUD_POINTS

    def __post_init__(self) -> None:
        require_positive(self, 'head', 'points')
        require_all_positive(self, 'propagated')
        counts = [level.centres for level in self.levels]
        if len(counts) != 4 or sorted(counts, reverse=True) != counts or counts[-1] < 1:
            raise ValueError(f'levels have {counts} centres, expected four, none more than before')

    @property
    def depths(self) -> tuple[float, ...]:
        """Metres from a seed to the fingertips, by class."""
        return self.cylinders.tops


class Tensor(NamedTuple):
    """An input or output of a graph.

    Attributes:
        name: Name in the graph.
        shape: Fixed sizes are numbers; sizes that vary from call to call are names.
        rows_of: None for float32 values; for int64 indices, the name of the size that they index.
    """

    name: str
    shape: tuple[int | str, ...]
    rows_of: str | None = None


class Graph(NamedTuple):
    """One ONNX file of an exported GraspNet.

    Attributes:
        name: The file is `name`.onnx.
        inputs: In order.
        outputs: In order.
    """

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def file(self) -> str:
        """Name of the file."""
        return f'{self.name}.onnx'


def graphs(design: GraspNetDesign) -> tuple[Graph, ...]:
    """Return the graphs of an exported network; clouds are not batched, channels come last.

    - `level_1` to `level_4`: `points` are the cloud or the centres of the previous level. `lifted`
      is the output of the first layer of the next level for the features. This layer is linear,
      so it is applied once to each point rather than to each neighbour.
    - `seeds`: the rest of the first stage. `near_k` and `weights_k` are the three nearest centres
      of level k + 1 of each centre of level k, and their weights: 1 / (distance + 1e-8), scaled
      to a sum of 1.
    - `crop`: each point of a cylinder separately, in metres in the frame of its view. The bias and
      the ReLU of the last layer are part of `heads`, after the maximum, with the same result.
    - `heads`: one row per seed and cylinder, the maximum of the features in it.
    """
    levels = (_level_graph(design, number) for number in range(1, len(design.levels) + 1))
    return *levels, _seeds_graph(design), _crop_graph(design), _heads_graph(design)


def _level_graph(design: GraspNetDesign, number: int) -> Graph:
    level, following = design.levels[number - 1], design.levels[number : number + 1]
    inputs = [
        Tensor('points', ('points', 3)),
        Tensor('centres', ('centres', 3)),
        Tensor('neighbours', ('centres', level.samples), 'points'),
    ]
    if number > 1:
        inputs.insert(1, Tensor('lifted', ('points', level.channels[0])))
    outputs = [Tensor('next_lifted', ('centres', after.channels[0])) for after in following]
    if number > 1:
        outputs.insert(0, Tensor('features', ('centres', level.channels[-1])))
    return Graph(f'level_{number}', tuple(inputs), tuple(outputs))


def _seeds_graph(design: GraspNetDesign) -> Graph:
    features = [
        Tensor(f'features_{k}', (f'level_{k}', design.levels[k - 1].channels[-1]))
        for k in (2, 3, 4)
    ]
    near = [
        tensor
        for k in (3, 2)
        for tensor in (
            Tensor(f'near_{k}', (f'level_{k}', 3), f'level_{k + 1}'),
            Tensor(f'weights_{k}', (f'level_{k}', 3)),
        )
    ]
    outputs = Tensor('objectness', ('level_2', 2)), Tensor('view_score', ('level_2', VIEWS))
    return Graph('seeds', (*features, *near), outputs)


def _crop_graph(design: GraspNetDesign) -> Graph:
    features = Tensor('features', ('points', design.cylinders.channels[-1]))
    return Graph('crop', (Tensor('local', ('points', 3)),), (features,))


def _heads_graph(design: GraspNetDesign) -> Graph:
    features = Tensor('features', ('groups', design.cylinders.channels[-1]))
    names = ('score', 'angle', 'width', 'tolerance')
    return Graph('heads', (features,), tuple(Tensor(name, ('groups', ANGLES)) for name in names))
