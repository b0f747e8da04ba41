"""Checkpoints of a training run: last.pt to resume from, best.pt and others for use."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dexnet_core.models.checkpoints import load_weights, read_checkpoint, State, write_checkpoint
from dexnet_core.training.records import EpochRecord, EpochSums, Validation
from dexnet_core.training.tasks import Facts
from torch import nn, optim
from torch.optim.lr_scheduler import LRScheduler


@dataclass
class Memory:
    """The changing state of a training run, without its tensors.

    Attributes:
        history: Record of every finished epoch.
        sums: Sums of the current epoch.
        best: Best validation of the whole run; None before the first.
    """

    history: list[EpochRecord] = field(default_factory=list)
    sums: EpochSums = field(default_factory=EpochSums)
    best: Validation | None = None


@dataclass(frozen=True)
class SavedRun:
    """The checkpoints of a run.

    Attributes:
        out: Output folder.
        model: Name of the network.
        facts: Facts about the data that are stored in checkpoints.
        processes: Number of training processes; a run resumes only with the same number.
        network: The network, without wrappers.
        optimiser: Optimiser of the network.
        schedule: Learning rate schedule of the optimiser.
    """

    out: Path
    model: str
    facts: Facts
    processes: int
    network: nn.Module
    optimiser: optim.Optimizer
    schedule: LRScheduler

    def write_weights(self, name: str, validation: Validation | None) -> None:
        """Write weights for use, with the keys `model`, `data` and `validation`."""
        figures = {} if validation is None else validation._asdict()
        write_checkpoint(self.out / name, {**self._weights(), 'validation': figures})

    def write_last(self, memory: Memory) -> None:
        """Write everything needed to resume."""
        state = {
            **self._weights(),
            'optimiser': self.optimiser.state_dict(),
            'schedule': self.schedule.state_dict(),
            'processes': self.processes,
            'history': [asdict(record) for record in memory.history],
            'sums': asdict(memory.sums),
            'best': None if memory.best is None else memory.best._asdict(),
        }
        write_checkpoint(self.out / 'last.pt', state)

    def read_last(self) -> Memory:
        """Restore and return the last written state; a new state if there is no file.

        Raises:
            ValueError: The file is no state of such a run, or of another number of processes.
        """
        with suppress(FileNotFoundError):
            path = self.out / 'last.pt'
            state = read_checkpoint(path)
            if state.get('processes', self.processes) != self.processes:
                was = state['processes']
                raise ValueError(f'{path} is of {was} processes, expected {self.processes}')
            return self._restore(state, path)
        return Memory()

    def _weights(self) -> State:
        return {'network': self.network.state_dict(), 'model': self.model, 'data': self.facts}

    def _restore(self, state: State, path: Path) -> Memory:
        load_weights(self.network, state.get('network'), path)
        try:
            self.optimiser.load_state_dict(state['optimiser'])
            self.schedule.load_state_dict(state['schedule'])
            return Memory(
                [EpochRecord(**record) for record in state['history']],
                EpochSums(**state['sums']),
                None if state['best'] is None else Validation(**state['best']),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'{path} is not the state of a training run: {error}') from error
