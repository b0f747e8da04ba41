"""What a training run is made with; every default works."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from dexnet_core.datasets.suction_samples import SampleSettings


@dataclass(frozen=True)
class TrainConfig:
    """A training run.

    Attributes:
        data: Folder of the data set.
        out: Folder for checkpoints, curves and the configuration.
        seed: Decides weights, order, noise and crops.
        epochs: Passes over the training views.
        batch_size: Samples per step.
        learning_rate: Peak of the one-cycle schedule.
        weight_decay: Of AdamW.
        workers: Processes that prepare samples.
        mixed_precision: Compute in bfloat16 where that is safe; fast where the processor has it.
        device: `auto` takes an accelerator where there is one, else `cpu`, `cuda`, ...
        good: Robust quality above which a contact counts as good in the metrics.
        samples: How views become samples.
    """

    data: Path = Path('data/suction')
    out: Path = Path('runs/suction')
    seed: int = 0
    epochs: int = 18
    batch_size: int = 8
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    workers: int = 1
    mixed_precision: bool = False
    device: str = 'auto'
    good: float = 0.2
    samples: SampleSettings = field(default_factory=SampleSettings)

    def __post_init__(self) -> None:
        for name in ('epochs', 'batch_size', 'learning_rate'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name} is {getattr(self, name)}, expected > 0')
        if self.workers < 0:
            raise ValueError(f'workers is {self.workers}, expected >= 0')
