"""Choice between the shipped network and new ones on validation data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.models.blending import blended
from torch import nn

SHARES = 1.0, 0.75, 0.5, 0.25
"""Shares of the new weights in the candidates; the rest are the shipped weights."""

Network = TypeVar('Network', bound=nn.Module)


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

    A new network is taken if it is better on the first set, that with the user's parts, and not
    worse on the others.

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
        """The network to deploy."""
        better = [each for each in self.made if self._is_better(each)]
        return max(better, key=lambda each: self._gains(each)[0], default=self.shipped)

    @property
    def takes_new(self) -> bool:
        """Whether a new network is deployed."""
        return self.chosen.share > 0

    @property
    def text(self) -> str:
        """A sentence about the chosen network, and a table of all figures."""
        rows: list[list[Cell]] = [
            [
                f'{each.share:.0%} new'.replace('%', ' %') if each.share else 'shipped',
                *each.figures,
            ]
            for each in (self.shipped, *self.made)
        ]
        table = markdown_table(['weights', *self.sets], rows)
        return f'{self._sentence} {self.measure}:\n\n{table}'

    @property
    def _sentence(self) -> str:
        if not self.made:
            kept = 'there was no time for an epoch of training'
            return f'The shipped {self.network} is kept: {kept}.'
        share = self.chosen.share
        if not share:
            others = ' and as good on the others' if len(self.sets) > 1 else ''
            where = f' on {self.sets[0]}{others}' if others else ''
            return f'The shipped {self.network} is kept: no new one is better{where}.'
        if share < 1:
            blend = f'{share:.0%} new and {1 - share:.0%} shipped weights'.replace('%', ' %')
            return f'The {self.network} is new, a blend of {blend}.'
        return f'The {self.network} is new.'

    def _gains(self, candidate: Candidate) -> list[float]:
        """Return by how much a candidate is better than the shipped network on each set."""
        sign = 1 if self.greater_is_better else -1
        pairs = zip(candidate.figures, self.shipped.figures, strict=True)
        return [sign * (new - known) for new, known in pairs]

    def _is_better(self, candidate: Candidate) -> bool:
        first, *others = self._gains(candidate)
        return first > 0 and all(gain >= 0 for gain in others)


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
