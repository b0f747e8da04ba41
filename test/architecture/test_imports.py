"""Each room imports only the rooms and libraries named here, also inside functions."""

import ast
from collections import Counter
from collections.abc import Iterator
import graphlib
from pathlib import Path
import subprocess
import sys

import pytest

REPO = Path(__file__).resolve().parents[2]
CORE = REPO / 'dexnet_core' / 'dexnet_core'
ROS = REPO / 'dexnet_ros' / 'dexnet_ros'

# room: (rooms of the core that it may use, libraries that it may use)
RULES = {
    'geometry': ((), ('numpy', 'scipy')),
    'planning': (('geometry',), ('numpy', 'scipy', 'cv2', 'onnxruntime', 'yaml')),
    'io': (
        ('geometry', 'planning'),
        ('numpy', 'scipy', 'cv2', 'yaml', 'rosbags', 'open3d', 'pyarrow', 'rerun'),
    ),
    'simulation': (
        ('geometry', 'planning', 'io'),
        (
            *('numpy', 'scipy', 'cv2', 'PIL', 'trimesh', 'shapely', 'coacd', 'mujoco'),
            'yourdfpy',
        ),
    ),
    'pointnet2': ((), ('torch',)),
    'models': (('planning', 'io', 'pointnet2'), ('numpy', 'torch')),
    'datasets': (
        ('geometry', 'planning', 'io', 'simulation', 'pointnet2'),
        ('numpy', 'scipy', 'cv2', 'trimesh', 'torch'),
    ),
    'training': (
        ('geometry', 'planning', 'io', 'pointnet2', 'models', 'datasets'),
        ('numpy', 'torch', 'matplotlib', 'wandb'),
    ),
    'export': (('planning', 'io', 'models'), ('numpy', 'yaml', 'onnx', 'onnxruntime', 'torch')),
    'evaluation': (
        ('geometry', 'planning', 'io', 'simulation', 'datasets', 'training', 'export'),
        ('numpy', 'scipy', 'trimesh', 'matplotlib'),
    ),
    'workflows': (
        (
            *('geometry', 'planning', 'io', 'simulation', 'models', 'datasets', 'training'),
            *('export', 'evaluation'),
        ),
        ('numpy', 'scipy', 'onnx', 'onnxruntime', 'torch'),
    ),
}
FREE = {'__init__', 'cli'}  # the entry points may use every room
NO_CODE = {'weights', 'py'}
ON_THE_ROBOT = (
    *('geometry', 'planning', 'io/files', 'io/drawing', 'io/formats', 'io/messages', 'io/picks'),
)
ROS_MAY_USE = {'geometry', 'planning', 'io', 'simulation'}


def imports(file: Path) -> Iterator[str]:
    """Yield each dotted name that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{file}: write imports in full'
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def core_room(name: str) -> str | None:
    """Return the room of the core that a dotted name is in, or None."""
    package, _, rest = name.partition('.')
    return rest.split('.')[0] if package == 'dexnet_core' else None


def test_every_room_has_a_rule():
    rooms = {path.stem for path in CORE.iterdir() if path.suffix in ('', '.py')}
    assert rooms - {'__pycache__'} - FREE - NO_CODE == set(RULES)


def files_of(room: str) -> list[Path]:
    """Return the files of a room, of which there is at least one."""
    files = [*CORE.glob(f'{room}/**/*.py')]
    assert files
    return files


@pytest.mark.parametrize('room', RULES)
def test_room_imports_only_what_it_may(room):
    rooms, libraries = RULES[room]
    for file in files_of(room):
        for name in imports(file):
            library = name.split('.')[0]
            known = library in libraries or library in sys.stdlib_module_names | {'_typeshed'}
            assert known or core_room(name) in (room, *rooms), f'{file} imports {name}'


@pytest.mark.parametrize('room', RULES)
def test_room_imports_all_that_it_may(room):
    rooms, libraries = RULES[room]
    names = {name for file in files_of(room) for name in imports(file)}
    assert set(rooms) <= {core_room(name) for name in names}
    assert set(libraries) <= {name.split('.')[0] for name in names}


def name_of(file: Path) -> str:
    """Return the dotted name of a file of the core."""
    return '.'.join(('dexnet_core', *file.relative_to(CORE).with_suffix('').parts))


def folders_used() -> dict[Path, set[Path]]:
    """Return which folders of the core each folder imports from, besides itself."""
    folder_of = {name_of(file): file.parent for file in CORE.rglob('*.py')}
    uses: dict[Path, set[Path]] = {folder: set() for folder in folder_of.values()}
    for file in CORE.rglob('*.py'):
        for name in imports(file):
            used = folder_of.get(name) or folder_of.get(name.rpartition('.')[0])
            uses[file.parent] |= {used} - {None, file.parent, CORE}
    return uses


def test_folders_import_in_one_direction():
    """Rooms and the folders in them can be put in an order in which each uses earlier ones."""
    order = tuple(graphlib.TopologicalSorter(folders_used()).static_order())
    assert CORE / 'planning' / 'perception' in order


@pytest.mark.parametrize('folder', ['export/x5', 'workflows/adaptation'])
def test_folder_never_imports_torch(folder):
    names = [name for file in CORE.glob(f'{folder}/**/*.py') for name in imports(file)]
    assert names
    assert 'torch' not in {name.split('.')[0] for name in names}


def test_no_two_files_of_the_core_have_one_name():
    """Commands are named as their files; every other name says what it is by itself."""
    files = [file for file in CORE.rglob('*.py') if file.name != '__init__.py']
    counted = Counter(file.name for file in files if file.parent.name != 'cli')
    assert [name for name, times in counted.items() if times > 1] == []


def test_core_never_imports_ros():
    for file in CORE.rglob('*.py'):
        for name in imports(file):
            assert name.split('.')[0] not in ('rclpy', 'dexnet_ros', 'dexnet_msgs'), file


def test_ros_uses_only_light_rooms():
    used = set()
    for file in ROS.rglob('*.py'):
        reached = {core_room(name) for name in imports(file)} - {None}
        assert reached <= ROS_MAY_USE, f'{file} reaches {reached - ROS_MAY_USE}'
        used |= reached
    assert used == ROS_MAY_USE


def test_robot_runs_without_torch_and_renderers():
    """Import all that runs on a robot in a fresh interpreter where the rest cannot be imported."""
    names = [name_of(file) for room in ON_THE_ROBOT for file in CORE.glob(f'{room}/**/*.py')]
    heavy = ('torch', 'trimesh', 'mujoco', 'onnx', 'matplotlib', 'rclpy')
    code = (
        f'import sys; sys.modules.update(dict.fromkeys({heavy!r}))\n'
        f'import importlib\nfor name in {names!r}: importlib.import_module(name)'
    )
    subprocess.run([sys.executable, '-c', code], check=True, cwd=CORE.parent)
