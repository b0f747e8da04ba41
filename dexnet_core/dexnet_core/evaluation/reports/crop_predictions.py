"""Model files asked about the validation crops of a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.crop_statistics import crop_statistics, CropStatistics
from dexnet_core.datasets.crops.splits import split_rows
from dexnet_core.evaluation.reports.crop_models import CropModel, open_crop_models, score_rows
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

ONLY_TIMED = 'only timed here, and compared with their crops by `dexnet analyze padding`'
"""What happens to heat maps, in words."""


@dataclass(frozen=True)
class CropQuestion:
    """Which model files are asked about which crops.

    Attributes:
        models: ONNX files with contracts of crops.
        data: Folder of the data set.
        split: A kind of `split_rows`; its validation crops are asked about.
        val_share: As there.
        seed: As there.
        release: A key of RELEASES where the files alone do not tell.
    """

    models: tuple[Path, ...]
    data: Path
    split: str = 'object'
    val_share: float = 0.2
    seed: int = 0
    release: str | None = None


class CropAnswers(NamedTuple):
    """What networks of single crops say.

    Attributes:
        crops: The data set.
        rows: (n,) of it that they were asked about.
        good: (n,) whether these are good.
        statistics: Of the training crops.
        models: Every model file, heat maps among them.
        scores: Name to (n,) quality of each network of single crops.
    """

    crops: CropSet
    rows: NDArray[np.int64]
    good: NDArray[np.bool_]
    statistics: CropStatistics
    models: list[CropModel]
    scores: dict[str, NDArray[np.float32]]


def ask(question: CropQuestion, progress: Progress) -> CropAnswers:
    """Evaluate the validation crops by every network of single crops.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: A model file cannot evaluate these crops, none evaluates single crops, or no
            crop is good.
    """
    models = open_crop_models(question.models)
    crops = open_crops(question.data, workers=2, release=question.release, progress=progress)
    split = (question.split, question.val_share, question.seed)
    rows = split_rows(crops, *split).val
    good = crops.metric.read(rows) > crops.release.threshold
    if not good.any():
        raise ValueError(f'{question.data}: none of {len(rows)} validation crops is good')
    singles = [model for model in models if model.contract.form == 'crop']
    if not singles:
        got = f'heat maps only: {", ".join(map(str, question.models))}'
        raise ValueError(f'got {got}, expected a network of single crops; they are {ONLY_TIMED}')
    statistics = crop_statistics(crops, *split, progress)
    scores = {model.name: score_rows(model, crops, rows, progress) for model in singles}
    return CropAnswers(crops, rows, good, statistics, models, scores)
