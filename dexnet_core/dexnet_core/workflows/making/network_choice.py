"""Choice between the shipped network and new ones on validation data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from pathlib import Path
from typing import NamedTuple

from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.models.blending import blended, Network

SHARES = 1.0, 0.75, 0.5, 0.25
"""Shares of the new weights in the candidates; the rest are the shipped weights."""


class Candidate(NamedTuple):
    """A network to choose from.

    Attributes:
        share: Share of new weights; 0: the shipped network.
        path: ONNX file.
        figures: The compared figure on each set of validation data; NaN without data.
    """

    share: float
    path: Path
    figures: tuple[float, ...]


@dataclass(frozen=True)
class Choice:
    """The choice between the shipped network and new ones.

    The network with the best mean over the sets is taken: the user's parts and other objects count
    the same.

    Attributes:
        network: Name of the network in reports.
        measure: Name of the compared figure.
        sets: Text about each set of validation data, such as `1600 grasps of parts`.
        shipped: The shipped network.
        made: New ones; none if no epoch was finished.
        greater_is_better: Whether a greater figure is better.
    """

    network: str
    measure: str
    sets: tuple[str, ...]
    shipped: Candidate
    made: tuple[Candidate, ...]
    greater_is_better: bool

    @property
    def chosen(self) -> Candidate:
        """The network to deploy; the shipped one if no new one is better."""
        best, least = self.shipped, 0.0
        for each in self.made:
            gain = self._gain(each)
            if gain > least:
                best, least = each, gain
        return best

    @property
    def takes_new(self) -> bool:
        """Whether a new network is deployed."""
        return self.chosen.share > 0

    @property
    def text(self) -> str:
        """A sentence about the chosen network, and a table of all figures."""
        rows: list[list[Cell]] = [
            [_percent(each.share, 'new') if each.share else 'shipped', *each.figures]
            for each in (self.shipped, *self.made)
        ]
        table = markdown_table(['weights', *self.sets], rows)
        return f'{self._sentence} {self.measure}:\n\n{table}'

    @property
    def _sentence(self) -> str:
        share = self.chosen.share
        if share == 1:
            return f'The {self.network} is new.'
        if share:
            blend = f'{_percent(share, "new")} and {_percent(1 - share, "shipped")} weights'
            return f'The {self.network} is new, a blend of {blend}.'
        why = 'no new one is better' if self.made else 'there was no time for training'
        return f'The shipped {self.network} is kept: {why}.'

    def _gain(self, candidate: Candidate) -> float:
        """Return by how much the mean over the sets with data is better than the shipped one's."""
        pairs = zip(candidate.figures, self.shipped.figures, strict=True)
        gains = [new - known for new, known in pairs if not math.isnan(known)]
        return (1 if self.greater_is_better else -1) * sum(gains) / max(len(gains), 1)


def _percent(share: float, of: str) -> str:
    return f'{100 * share:.0f} % {of}'


def blends(
    begin: Path, trained: Path, load: Callable[[Path], Network]
) -> Iterator[tuple[float, Network]]:
    """Yield the new network and its blends with the shipped one, each with its share.

    Args:
        begin: Checkpoint of the shipped weights; if it does not exist, there are no blends.
        trained: Checkpoint of the new weights; if it does not exist, there is no network.
        load: Loads a network.
    """
    if not trained.exists():
        return
    new = load(trained)
    yield 1.0, new
    if begin.exists():
        shipped = load(begin)
        yield from ((share, blended(shipped, new, share)) for share in SHARES[1:])
