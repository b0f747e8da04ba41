"""The vendor's tools for the RDK X5: finding them and running them as processes.

They are installed by the user, in an environment of their own; nothing of them is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import os
from pathlib import Path
import shutil
import signal
import subprocess
import time
from typing import NamedTuple

from dexnet_core.export.x5.toolchain import MARCH
from dexnet_core.export.x5.vendor_log import last_error, progress_of

VERSION = '1.24.3'
"""Of hb_mapper; its log is read, and others write others."""
VARIABLE = 'DEXNET_X5_TOOLCHAIN'
"""Environment variable that names the folder of the tools."""

_MAPPER, _COMPILER = 'hb_mapper', 'hbdk-cc'
_INSTALL = 'install them by tools/x5_toolchain.sh DIR, see docs/x5.md'
_OF_OTHERS = ('LD_LIBRARY_PATH', 'PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV')
_ANSWER_WITHIN = 600
"""Seconds for a tool to say its version; it imports torch, minutes of a busy machine."""


class Tools(NamedTuple):
    """Where the tools are.

    Attributes:
        commands: Folder of their commands.
        version: Of hb_mapper.
    """

    commands: Path
    version: str

    def command(self, *words: str) -> list[str]:
        """Return a command of hb_mapper."""
        return [str(self.commands / _MAPPER), *words]


class ToolError(ValueError):
    """A tool that failed or was not done in time; says where its log is."""


def find_tools(folder: Path | None) -> Tools:
    """Return the tools in a folder, else where the environment or else PATH has them.

    Args:
        folder: That tools/x5_toolchain.sh made; None for none given.

    Raises:
        ValueError: There are none, or they are of another version or for another processor.
    """
    commands = _commands(folder)
    missing = [name for name in (_MAPPER, _COMPILER) if not (commands / name).is_file()]
    if missing:
        raise ValueError(f'{commands} has no {" and no ".join(missing)}: {_INSTALL}')
    version = _answer(commands, _MAPPER).rpartition(' ')[2]
    if version != VERSION:
        raise ValueError(
            f'{commands / _MAPPER} is version {version!r}, expected {VERSION}: {_INSTALL}'
        )
    marches = _marches(_answer(commands, _COMPILER))
    if MARCH not in marches:
        known = ', '.join(marches) or 'none'
        raise ValueError(f'{commands / _COMPILER} compiles for {known}, expected {MARCH}')
    return Tools(commands, version)


def run_tool(command: Sequence[str], log: Path, limit: float, show: Callable[[str], None]) -> str:
    """Run a tool in the folder of its log, and return what it printed.

    Args:
        command: With the path of the tool first.
        log: File that gets what it prints.
        limit: Seconds it may take.
        show: Is told how far it is, each time that changes.

    Raises:
        ToolError: It failed or was not done in time; it and what it started are ended.
    """
    until, shown = time.monotonic() + limit, ''
    with log.open('wb') as out:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=environment(Path(command[0]).parent),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while process.poll() is None and time.monotonic() < until:
                _wait(process)
                now = progress_of(_text(log))
                if now != shown:
                    show(now)
                shown = now
        finally:
            is_late = process.poll() is None
            if is_late:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if is_late:
        raise ToolError(f'{_told(command)} was not done after {limit / 60:g} minutes, see {log}')
    if process.returncode:
        why = last_error(_text(log)) or f'status {process.returncode}'
        raise ToolError(f'{_told(command)} failed: {why}, see {log}')
    return _text(log)


def _told(command: Sequence[str]) -> str:
    return ' '.join([Path(command[0]).name, *command[1:2]])


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process, a second at most."""
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        return


def _text(log: Path) -> str:
    return log.read_text(errors='replace')


def _commands(folder: Path | None) -> Path:
    """Return the folder of the commands."""
    named = folder or Path(os.environ.get(VARIABLE, ''))
    if named != Path():
        return named / 'bin' if (named / 'bin').is_dir() else named
    found = shutil.which(_MAPPER)
    if not found:
        raise ValueError(
            f'{_MAPPER} is not there: name its folder by --toolchain or {VARIABLE}; {_INSTALL}'
        )
    return Path(found).parent


def environment(commands: Path) -> Mapping[str, str]:
    """Return the environment of a tool: its commands first, nothing of another Python."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_OTHERS}
    return kept | {'PATH': os.pathsep.join([str(commands), kept.get('PATH', os.defpath)])}


def _answer(commands: Path, tool: str) -> str:
    """Return what a tool says of its version."""
    try:
        said = subprocess.run(
            [str(commands / tool), '--version'],
            env=environment(commands),
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f'{commands / tool} does not start: {error}; {_INSTALL}') from error
    if said.returncode:
        last = (said.stderr.strip().splitlines() or ['nothing said'])[-1]
        raise ValueError(f'{commands / tool} does not start: {last}; {_INSTALL}')
    return said.stdout.strip()


def _marches(text: str) -> list[str]:
    """Return the processors that a compiler says it knows."""
    label = 'supported_march:'
    lines = [line for line in text.splitlines() if line.startswith(label)]
    return [name.strip() for line in lines for name in line[len(label) :].split(',')]
