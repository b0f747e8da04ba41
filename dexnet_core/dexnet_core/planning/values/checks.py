"""Checks of numeric attributes; errors name the attribute, its value and the valid range."""

from __future__ import annotations


def require_positive(settings: object, *names: str) -> None:
    """Raise ValueError if an attribute is not above 0."""
    for name in names:
        if not getattr(settings, name) > 0:
            raise ValueError(f'{name} is {getattr(settings, name)}, expected > 0')


def require_all_positive(settings: object, *names: str) -> None:
    """Raise ValueError unless a tuple has values, all above 0."""
    for name in names:
        values = getattr(settings, name)
        if not values or not all(value > 0 for value in values):
            raise ValueError(f'{name} is {values}, expected values > 0')


def require_not_negative(settings: object, *names: str) -> None:
    """Raise ValueError if an attribute is below 0."""
    for name in names:
        if not getattr(settings, name) >= 0:
            raise ValueError(f'{name} is {getattr(settings, name)}, expected >= 0')


def require_shares(settings: object, *names: str) -> None:
    """Raise ValueError if an attribute is not from 0 to 1."""
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f'{name} is {getattr(settings, name)}, expected 0 to 1')


def require_ranges(settings: object, *names: str) -> None:
    """Raise ValueError unless an attribute is (least, greatest) with 0 < least <= greatest."""
    for name in names:
        least, greatest = getattr(settings, name)
        if not 0 < least <= greatest:
            raise ValueError(f'{name} is {(least, greatest)}, expected 0 < least <= greatest')


def require_angles(settings: object, name: str, below: float) -> None:
    """Raise ValueError unless it is (least, greatest) with 0 <= least <= greatest < below."""
    least, greatest = getattr(settings, name)
    if not 0 <= least <= greatest < below:
        raise ValueError(
            f'{name} is {(least, greatest)}, expected 0 <= least <= greatest < {below:.4g}'
        )
