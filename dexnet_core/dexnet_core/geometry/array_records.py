"""Operations on records: NamedTuples of arrays with one row for each of n things."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar('Record', bound=tuple[Any, ...])


def rows(record: Record, which: NDArray[np.generic] | slice) -> Record:
    """Return some rows of a record.

    Args:
        record: NamedTuple whose fields are (n, ...) arrays or such records.
        which: Index, mask or slice of the first axis.
    """
    fields = (rows(one, which) if isinstance(one, tuple) else one[which] for one in record)
    return type(record)(*fields)


def concatenated(records: Iterable[Record]) -> Record:
    """Return the rows of one or more records of one type, in order.

    Raises:
        ValueError: There is no record.
    """
    parts = list(records)
    if not parts:
        raise ValueError('got no record, expected at least one')
    columns = zip(*parts, strict=True)
    fields = (
        concatenated(column) if isinstance(column[0], tuple) else np.concatenate(column)
        for column in columns
    )
    return type(parts[0])(*fields)
