"""Each room imports only the rooms and libraries named here, also inside functions."""

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

REPO = Path(__file__).resolve().parents[2]
CORE = REPO / 'dexnet_core' / 'dexnet_core'
ROS = REPO / 'dexnet_ros' / 'dexnet_ros'

# room: (rooms of the core it may use, libraries it may use)
RULES = {
    'grippers': ((), ('yaml',)),
    'contracts': (('grippers',), ()),
    'checks': ((), ()),
    'grasp': (('grippers',), ('numpy',)),
    'progress': ((), ()),
    'spread': (('progress',), ()),
    'configuration': (('files',), ('dacite', 'yaml')),
    'geometry': ((), ('numpy', 'scipy')),
    'observation': (('geometry',), ('numpy',)),
    'graspnet': (('contracts', 'geometry'), ('numpy', 'scipy')),
    'perception': (('contracts', 'geometry', 'grippers'), ('numpy', 'cv2', 'scipy')),
    'runtime': (
        (
            *('contracts', 'geometry', 'grasp', 'graspnet', 'grippers', 'observation'),
            *('perception', 'pointcloud'),
        ),
        ('numpy', 'cv2', 'onnxruntime', 'scipy'),
    ),
    'files': (('geometry', 'grasp', 'perception'), ('numpy', 'scipy', 'cv2', 'yaml')),
    'approach_poses': (('geometry',), ('numpy',)),
    'picks': (('files', 'geometry', 'grasp', 'grippers', 'observation'), ('numpy',)),
    'formats': (
        ('approach_poses', 'files', 'geometry', 'grasp', 'graspnet', 'grippers'),
        ('numpy', 'yaml'),
    ),
    'graspnet_sets': (
        ('configuration', 'drawing', 'files', 'geometry', 'graspnet', 'progress'),
        ('numpy', 'scipy', 'cv2'),
    ),
    'drawing': (('geometry', 'grasp', 'graspnet', 'grippers', 'observation'), ('numpy', 'cv2')),
    'viewer': (
        ('drawing', 'files', 'grasp', 'observation'),
        ('numpy', 'open3d', 'pyarrow', 'rerun'),
    ),
    'messages': (
        ('geometry', 'grasp', 'grippers', 'observation', 'perception', 'runtime'),
        ('numpy', 'cv2'),
    ),
    'bags': (
        (
            *('drawing', 'files', 'geometry', 'grasp', 'messages', 'observation'),
            'runtime',
        ),
        ('numpy', 'cv2', 'rosbags'),
    ),
    'pointcloud': ((), ('numpy', 'scipy')),
    'graph_cost': ((), ('numpy', 'onnx', 'onnxruntime')),
    'x5': (
        (
            *('contracts', 'files', 'grasp', 'graph_cost', 'graspnet', 'observation'),
            'runtime',
        ),
        ('numpy', 'onnx', 'onnxruntime', 'yaml'),
    ),
    'raycast': ((), ('numpy', 'trimesh')),
    'objects': (('files', 'geometry'), ('coacd', 'numpy', 'trimesh', 'shapely')),
    'scenes': (
        ('checks', 'geometry', 'objects', 'raycast'),
        ('numpy', 'scipy', 'cv2', 'mujoco', 'shapely', 'trimesh'),
    ),
    'measured_jaw': (('grippers',), ('numpy', 'trimesh', 'yourdfpy')),
    'picking': (
        (
            *('checks', 'configuration', 'drawing', 'files', 'geometry', 'grasp', 'grippers'),
            *('objects', 'observation', 'perception', 'progress', 'raycast', 'runtime', 'scenes'),
            'spread',
        ),
        ('numpy', 'scipy', 'cv2', 'mujoco', 'trimesh', 'PIL'),
    ),
    'suction': (
        ('checks', 'geometry', 'objects', 'raycast', 'scenes'),
        ('numpy', 'scipy', 'trimesh'),
    ),
    'jaw': (
        (
            *('checks', 'contracts', 'geometry', 'grippers', 'objects', 'perception'),
            *('raycast', 'scenes'),
        ),
        ('numpy', 'scipy', 'trimesh'),
    ),
    'graspnet_labels': (
        ('geometry', 'graspnet', 'graspnet_sets', 'jaw', 'objects'),
        ('numpy', 'scipy', 'trimesh'),
    ),
    'datasets': (
        (
            *('checks', 'configuration', 'contracts', 'crops', 'files'),
            *('geometry', 'graspnet', 'graspnet_labels', 'graspnet_sets', 'grippers', 'jaw'),
            *('objects', 'perception', 'picking', 'picks', 'pointcloud', 'pointnet2', 'progress'),
            *('runtime', 'scenes', 'spread', 'suction'),
        ),
        ('numpy', 'scipy', 'torch'),
    ),
    'crops': (
        ('configuration', 'drawing', 'files', 'geometry', 'grasp', 'progress'),
        ('numpy', 'scipy', 'cv2', 'torch'),
    ),
    'pointnet2': ((), ('torch',)),
    'checkpoint_refusals': ((), ()),
    'checkpoints': (('checkpoint_refusals', 'files'), ('numpy', 'torch')),
    'models': (
        ('checkpoints', 'contracts', 'grasp', 'graspnet', 'perception', 'pointnet2'),
        ('torch',),
    ),
    'training': (
        (
            *('checkpoints', 'checks', 'configuration', 'crops', 'datasets'),
            *('files', 'graspnet', 'graspnet_sets', 'models', 'pointnet2', 'progress'),
        ),
        ('numpy', 'torch', 'matplotlib', 'wandb'),
    ),
    'export': (
        (
            *('checkpoints', 'contracts', 'files', 'grasp', 'graspnet', 'models'),
            *('perception', 'runtime'),
        ),
        ('numpy', 'onnx', 'onnxruntime', 'torch'),
    ),
    'adaptation': (
        (
            *('analysis', 'contracts', 'datasets', 'export', 'files', 'grippers', 'perception'),
            *('picks', 'runtime'),
        ),
        ('numpy', 'onnx', 'onnxruntime', 'scipy'),
    ),
    'evaluation': (
        (
            *('datasets', 'files', 'geometry', 'grasp', 'graspnet', 'graspnet_labels'),
            *('graspnet_sets', 'graph_cost', 'jaw', 'objects', 'observation', 'progress'),
            *('runtime', 'scenes'),
        ),
        ('numpy', 'scipy', 'trimesh'),
    ),
    'analysis': (
        (
            *('contracts', 'crops', 'datasets', 'evaluation', 'files', 'grasp'),
            *('graph_cost', 'perception', 'picking', 'progress', 'runtime', 'scenes', 'training'),
        ),
        ('numpy', 'matplotlib', 'scipy'),
    ),
    'making': (
        (
            *('analysis', 'checkpoints', 'checks', 'configuration', 'contracts', 'datasets'),
            *('export', 'files', 'grippers', 'models', 'picking', 'progress', 'runtime'),
            *('scenes', 'training'),
        ),
        ('numpy', 'torch'),
    ),
}
FREE = {'__init__', 'cli'}  # the entry points may use every room
NO_CODE = {'weights', 'py'}
ON_THE_ROBOT = (
    *('grippers', 'contracts', 'grasp', 'geometry', 'observation'),
    *('perception', 'runtime', 'files', 'drawing', 'graspnet', 'pointcloud'),
    *('approach_poses', 'formats', 'messages', 'picks'),
)
ROS_MAY_USE = {
    *('approach_poses', 'grasp', 'grippers', 'geometry', 'observation', 'runtime', 'files'),
    *('drawing', 'messages', 'perception', 'picks', 'scenes', 'objects'),
}


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
    files = [*CORE.glob(f'{room}.py'), *CORE.glob(f'{room}/**/*.py')]
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


@pytest.mark.parametrize('room', RULES)
def test_rooms_are_in_one_direction(room):
    def reached(start, seen=frozenset()):
        for nearer in RULES[start][0]:
            if nearer not in seen:
                seen = seen | {nearer} | reached(nearer, seen | {nearer})
        return seen

    assert room not in reached(room)


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
    names = [
        '.'.join(('dexnet_core', *file.relative_to(CORE).with_suffix('').parts))
        for room in ON_THE_ROBOT
        for file in [*CORE.glob(f'{room}.py'), *CORE.glob(f'{room}/*.py')]
    ]
    heavy = ('torch', 'trimesh', 'mujoco', 'onnx', 'matplotlib', 'rclpy', 'dacite')
    code = (
        f'import sys; sys.modules.update(dict.fromkeys({heavy!r}))\n'
        f'import importlib\nfor name in {names!r}: importlib.import_module(name)'
    )
    subprocess.run([sys.executable, '-c', code], check=True, cwd=CORE.parent)
