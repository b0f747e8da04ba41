"""Writes the tables in docs/cameras.md anew, from what `dexnet_ros.cameras` knows.

source env.sh; python docs/make_cameras.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re

from dexnet_ros.cameras import Camera, CAMERAS, Source

PAGE = Path(__file__).with_name('cameras.md')
_MADE = re.compile(r'(?s)(?<=<!-- made by docs/make_cameras.py -->\n).*(?=<!-- end -->)')
_DRIVERS = (
    '| `camera` | what | driver | read in | Debian packages for | imu_topic | besides |\n'
    '|---|---|---|---|---|---|---|\n'
)
_SOURCES = (
    '| `camera` | `source` | topic, camera info | encoding, unit | QoS | frame, its axes '
    '| the driver needs | the planner needs |\n|---|---|---|---|---|---|---|---|\n'
)
_TOPICS = ('depth_topic', 'camera_info_topic', 'points_topic', 'imu_topic')


def page(old: str) -> str:
    """Return the page with the tables in the place of those that were made before."""
    drivers = ''.join(_driver(name, camera) for name, camera in CAMERAS.items())
    sources = ''.join(_lines(name, camera) for name, camera in CAMERAS.items())
    made = f'\n{_DRIVERS}{drivers}\n{_SOURCES}{sources}\n'
    return _MADE.sub(lambda _: made, old)


def _driver(name: str, camera: Camera) -> str:
    launch = f', `{Path(camera.launch).name}`' if camera.launch else ''
    imu = f'`{camera.imu}`' if camera.imu else ''
    return (
        f'| `{name}` | {camera.title} | {camera.driver}{launch} | {camera.source} '
        f'| {", ".join(camera.debian)} | {imu} | {camera.needs} |\n'
    )


def _lines(name: str, camera: Camera) -> str:
    """Return a line for each source that the camera has."""
    return ''.join(
        _line(name, kind, source, camera.planner(kind)) for kind, source in camera.sources.items()
    )


def _line(name: str, kind: str, source: Source, planner: Mapping[str, str]) -> str:
    topics = ', '.join(f'`{topic}`' for topic in (source.topic, source.camera_info) if topic)
    told = {key: value for key, value in planner.items() if key not in _TOPICS}
    return (
        f'| `{name}` | `{kind}` | {topics} | {source.encoding or "m"} | {source.qos} '
        f'| `{source.frame}`, {source.axes} | {_said(source.driver)} | {_said(told)} |\n'
    )


def _said(arguments: Mapping[str, str]) -> str:
    return ' '.join(f'`{name}:={value}`' for name, value in arguments.items())


if __name__ == '__main__':
    PAGE.write_text(page(PAGE.read_text()))
