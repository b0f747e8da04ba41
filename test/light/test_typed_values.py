"""Dataclasses from plain values: defaults of sections, conversions, and what is refused."""

from dataclasses import dataclass, field
from pathlib import Path

from dexnet_core.planning.values.typed_values import typed_values
import pytest


@dataclass(frozen=True)
class Finger:
    width: float = 0.02
    length: float = 0.04

    def __post_init__(self):
        if not self.width > 0:
            raise ValueError(f'width is {self.width}, expected > 0')


@dataclass(frozen=True)
class Hand:
    name: str
    finger: Finger = field(default_factory=lambda: Finger(length=0.1))
    other: Finger | None = None
    range: tuple[float, float] = (0.0, 1.0)
    joints: tuple[int, ...] = ()
    file: Path | None = None
    closes: bool = True


def hand(**values):
    return typed_values(Hand, {'name': 'x', **values}, 'hand.yaml')


def test_a_section_keeps_the_defaults_of_what_it_is_in():
    assert hand(finger={'width': 0.03}).finger == Finger(0.03, 0.1)
    assert hand(other={'width': 0.03}).other == Finger(0.03, 0.04)


def test_values_get_the_type_of_their_attribute():
    got = hand(range=[1, 2], joints=[3, 4, 5], file='a/b', other=None)
    assert got == Hand('x', range=(1.0, 2.0), joints=(3, 4, 5), file=Path('a/b'))
    assert type(got.range[0]) is float


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        ({'fingers': 1}, 'got unknown keys fingers, expected some of closes, file'),
        (
            {'finger': {'wide': 1}},
            r'got unknown keys finger\.wide, expected some of length, width',
        ),
        ({'finger': 3}, 'finger is 3, expected keys and values'),
        ({'finger': {'width': -1}}, r'finger: width is -1\.0, expected > 0'),
        ({'finger': {'width': '1e-3'}}, r"'1e-3', expected a finite number; YAML .* 1\.0e-3"),
        ({'finger': {'width': 10**400}}, 'expected a finite number$'),
        ({'finger': {'width': float('nan')}}, 'expected a finite number$'),
        ({'finger': {'width': True}}, 'expected a finite number$'),
        ({'closes': 1}, 'closes is 1, expected true or false'),
        ({'range': [1]}, r'range is \[1\], expected 2 values in brackets'),
        ({'joints': [1, 2.5]}, r'joints\[1\] is 2\.5, expected a whole number'),
        ({'joints': 'ab'}, "joints is 'ab', expected a list"),
        ({'name': None}, 'name is None, expected text'),
        ({'file': 3}, 'file is 3, expected a path'),
    ],
)
def test_what_is_not_understood_is_refused(values, expected):
    with pytest.raises(ValueError, match=rf'^hand\.yaml: .*{expected}'):
        hand(**values)


def test_required_keys_are_named():
    with pytest.raises(ValueError, match=r'^f: got no name; these keys are required'):
        typed_values(Hand, {}, 'f')
    with pytest.raises(ValueError, match='got no length; these'):
        typed_values(Finger, {'width': 1}, 'f: finger', needs_every_key=True)


def test_what_is_no_mapping_is_refused():
    with pytest.raises(ValueError, match=r'content is \[1\], expected keys and values'):
        typed_values(Hand, [1], 'f')
