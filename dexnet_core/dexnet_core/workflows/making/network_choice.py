"""Comparison of a new network with the shipped one on validation data."""

from __future__ import annotations

from dataclasses import dataclass
import math


@dataclass(frozen=True)
class Choice:
    """The choice between a new network and the shipped one.

    Attributes:
        network: Name of the network in reports.
        measure: Name of the compared figure, with the data that it was computed on.
        shipped: Figure of the shipped network.
        made: Figure of the new one; NaN if no epoch was finished.
        greater_is_better: Whether a greater figure is better.
    """

    network: str
    measure: str
    shipped: float
    made: float
    greater_is_better: bool

    @property
    def takes_new(self) -> bool:
        """Whether the new network is deployed."""
        return self.made > self.shipped if self.greater_is_better else self.made < self.shipped

    @property
    def text(self) -> str:
        """A text about the chosen network, with both figures."""
        figures = f'{self.measure.capitalize()}: {self.shipped:.4f} shipped'
        if math.isnan(self.made):
            kept = 'there was no time for an epoch of training'
            return f'The shipped {self.network} is kept: {kept}. {figures}.'
        figures = f'{figures}, {self.made:.4f} new.'
        if self.takes_new:
            return f'The {self.network} is new. {figures}'
        return f'The shipped {self.network} is kept: the new one is not better. {figures}'
