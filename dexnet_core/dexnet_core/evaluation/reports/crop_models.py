"""Predictions of crop network files on the crops of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.io.progress import Progress
from dexnet_core.planning.contracts.crop_contract import CropContract, POSES
from dexnet_core.planning.grasp import GripperKind
from dexnet_core.planning.networks.session import CropSession, open_session
import numpy as np
from numpy.typing import NDArray

_BATCH = 256


class CropModel(NamedTuple):
    """An opened model file of a crop network.

    Attributes:
        name: Name of the file without suffix; unique in a report.
        path: Path of the file.
        session: Session that runs the model.
    """

    name: str
    path: Path
    session: CropSession

    @property
    def contract(self) -> CropContract:
        """Contract of the model."""
        return self.session.contract


def open_crop_models(paths: Sequence[Path], gripper: GripperKind | None = None) -> list[CropModel]:
    """Open model files of crop networks, in crop or heat map form.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file is no crop network or for the other gripper, or names are not unique.
    """
    models = []
    for name, path in zip(unique_names(paths), paths, strict=True):
        session = open_session(path, gripper)
        if not isinstance(session, CropSession):
            raise ValueError(f'{path} is no crop network')
        models.append(CropModel(name, path, session))
    return models


def unique_names(paths: Sequence[Path]) -> list[str]:
    """Return the names of files without their suffixes.

    Raises:
        ValueError: There is no file, or two have the same name.
    """
    names = [path.stem for path in paths]
    if not names or len(set(names)) < len(names):
        raise ValueError(f'models are named {names}, expected at least one, all different')
    return names


def score_rows(
    model: CropModel, crops: CropSet, rows: NDArray[np.int64], progress: Progress
) -> NDArray[np.float32]:
    """Return the (n,) quality in [0, 1] that a network of single crops predicts for n rows.

    Raises:
        ValueError: The network is a heat map, for another gripper or crop size, or needs a pose
            that the data do not have.
    """
    _require_match(model, crops)
    starts = range(0, len(rows), _BATCH)
    parts = [
        _score(model, crops, rows[start : start + _BATCH])
        for start in progress(starts, model.name, len(starts))
    ]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _score(model: CropModel, crops: CropSet, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    contract = model.contract
    images = (crops.images.read(rows) - np.float32(contract.mean)) / np.float32(contract.std)
    inputs = [images[:, None].astype(np.float32)]
    if contract.pose_inputs:
        columns = [POSES.index(name) for name in contract.pose_inputs]
        poses = crops.network_poses(rows)[:, columns]
        inputs.append(((poses - contract.pose_mean) / contract.pose_std).astype(np.float32))
    return model.session.run(*inputs)


def _require_match(model: CropModel, crops: CropSet) -> None:
    contract, release = model.contract, crops.release
    if contract.form != 'crop':
        raise ValueError(f'{model.path} is a heat map, expected a network of single crops')
    if contract.gripper != release.gripper.value:
        got = f'{model.path} is for gripper {contract.gripper}'
        raise ValueError(f'{got}, {crops.root} for {release.gripper.value}')
    if contract.crop != release.crop:
        got = f'{model.path} has crops of {contract.crop} pixels'
        raise ValueError(f'{got}, {crops.root} has {release.crop}')
    if contract.pose_inputs:
        crops.require_poses(f'it is an input of {model.path}')
    known = POSES[: len(release.pose_columns)]
    if not set(contract.pose_inputs) <= set(known):
        raise ValueError(f'{model.path} needs poses {contract.pose_inputs}, the data have {known}')
