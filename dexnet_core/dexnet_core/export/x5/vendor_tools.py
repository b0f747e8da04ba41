"""The vendor's tools for the RDK X5: locating them and running them as processes.

The user installs them in a separate environment; they are never imported.
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
"""Required version of hb_mapper; other versions write another log."""
VARIABLE = 'DEXNET_X5_TOOLCHAIN'
"""Environment variable that names the folder of the tools."""

_MAPPER, _COMPILER = 'hb_mapper', 'hbdk-cc'
_INSTALL = 'install them by tools/x5_toolchain.sh DIR, see docs/x5.md'
_FOREIGN_VARIABLES = ('LD_LIBRARY_PATH', 'PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV')
_VERSION_LIMIT = 600
"""Time limit in seconds for `--version`; the tool imports torch, minutes on a busy machine."""


class Tools(NamedTuple):
    """Location of the tools.

    Attributes:
        commands: Folder of the commands.
        version: Version of hb_mapper.
    """

    commands: Path
    version: str

    def command(self, *words: str) -> list[str]:
        """Return a command of hb_mapper."""
        return [str(self.commands / _MAPPER), *words]


class ToolError(ValueError):
    """A tool failed or timed out; the message has the path of its log."""


def find_tools(folder: Path | None) -> Tools:
    """Return the tools of a folder, else of the environment variable, else of PATH.

    Args:
        folder: Folder that tools/x5_toolchain.sh created; None: not given.

    Raises:
        ValueError: There are no tools, or they are of another version or for another processor.
    """
    commands = _commands(folder)
    missing = [name for name in (_MAPPER, _COMPILER) if not (commands / name).is_file()]
    if missing:
        raise ValueError(f'{commands} has no {" and no ".join(missing)}: {_INSTALL}')
    version = _version_text(commands, _MAPPER).rpartition(' ')[2]
    if version != VERSION:
        raise ValueError(
            f'{commands / _MAPPER} is version {version!r}, expected {VERSION}: {_INSTALL}'
        )
    marches = _marches(_version_text(commands, _COMPILER))
    if MARCH not in marches:
        known = ', '.join(marches) or 'none'
        raise ValueError(f'{commands / _COMPILER} compiles for {known}, expected {MARCH}')
    return Tools(commands, version)


def run_tool(command: Sequence[str], log: Path, limit: float, show: Callable[[str], None]) -> str:
    """Run a tool in the folder of its log, and return its output.

    Args:
        command: Command line, with the path of the tool first.
        log: File for the output.
        limit: Time limit in seconds.
        show: Callback for progress texts, called at each change.

    Raises:
        ToolError: The tool failed or timed out; its processes are ended.
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
        raise ToolError(f'{_name(command)} timed out after {limit / 60:g} minutes, see {log}')
    if process.returncode:
        why = last_error(_text(log)) or f'status {process.returncode}'
        raise ToolError(f'{_name(command)} failed: {why}, see {log}')
    return _text(log)


def _name(command: Sequence[str]) -> str:
    return ' '.join([Path(command[0]).name, *command[1:2]])


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process, at most one second."""
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
            f'{_MAPPER} was not found: give its folder by --toolchain or {VARIABLE}; {_INSTALL}'
        )
    return Path(found).parent


def environment(commands: Path) -> Mapping[str, str]:
    """Return the environment of a tool: its folder first in PATH, no other Python's variables."""
    copied = {k: v for k, v in os.environ.items() if k not in _FOREIGN_VARIABLES}
    return copied | {'PATH': os.pathsep.join([str(commands), copied.get('PATH', os.defpath)])}


def _version_text(commands: Path, tool: str) -> str:
    """Return the output of a tool's `--version`."""
    try:
        done = subprocess.run(
            [str(commands / tool), '--version'],
            env=environment(commands),
            capture_output=True,
            text=True,
            timeout=_VERSION_LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f'{commands / tool} does not start: {error}; {_INSTALL}') from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ['no error message'])[-1]
        raise ValueError(f'{commands / tool} does not start: {last}; {_INSTALL}')
    return done.stdout.strip()


def _marches(text: str) -> list[str]:
    """Return the processors that a compiler supports, from its version text."""
    label = 'supported_march:'
    lines = [line for line in text.splitlines() if line.startswith(label)]
    return [name.strip() for line in lines for name in line[len(label) :].split(',')]
