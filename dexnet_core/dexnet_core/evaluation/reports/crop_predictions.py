"""Predictions of model files on the validation crops of a data set."""

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

ONLY_TIMED = 'only timed here; `dexnet analyze padding` compares them with their crop network'
"""Report text about heat maps."""


@dataclass(frozen=True)
class CropPredictionConfig:
    """Model files, and the crops that they are evaluated on.

    Attributes:
        models: ONNX files with crop contracts.
        data: Folder of the data set.
        split: Kind of split, see `split_rows`; its validation crops are used.
        val_share: See `split_rows`.
        seed: See `split_rows`.
        release: A key of RELEASES; needed if the files do not identify the release.
    """

    models: tuple[Path, ...]
    data: Path
    split: str = 'object'
    val_share: float = 0.2
    seed: int = 0
    release: str | None = None


class CropPredictions(NamedTuple):
    """Predictions of networks of single crops.

    Attributes:
        crops: The data set.
        rows: (n,) row indices of the evaluated crops.
        good: (n,) whether these crops are good.
        statistics: Statistics of the training crops.
        models: All model files, including heat maps.
        scores: Name to (n,) quality, for each network of single crops.
    """

    crops: CropSet
    rows: NDArray[np.int64]
    good: NDArray[np.bool_]
    statistics: CropStatistics
    models: list[CropModel]
    scores: dict[str, NDArray[np.float32]]


def predict_crops(config: CropPredictionConfig, progress: Progress) -> CropPredictions:
    """Evaluate the validation crops with every network of single crops.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: A model file cannot evaluate these crops, no file is a network of single
            crops, or no crop is good.
    """
    models = open_crop_models(config.models)
    crops = open_crops(config.data, workers=2, release=config.release, progress=progress)
    split = (config.split, config.val_share, config.seed)
    rows = split_rows(crops, *split).val
    good = crops.metric.read(rows) > crops.release.threshold
    if not good.any():
        raise ValueError(f'{config.data}: none of {len(rows)} validation crops is good')
    singles = [model for model in models if model.contract.form == 'crop']
    if not singles:
        got = f'heat maps only: {", ".join(map(str, config.models))}'
        raise ValueError(f'got {got}, expected a network of single crops; they are {ONLY_TIMED}')
    statistics = crop_statistics(crops, *split, progress)
    scores = {model.name: score_rows(model, crops, rows, progress) for model in singles}
    return CropPredictions(crops, rows, good, statistics, models, scores)
