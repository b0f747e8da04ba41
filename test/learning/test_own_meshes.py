"""The user's meshes as programs export them: mended and said so, or left out by name."""

from dexnet_core.cli.main import main
from dexnet_core.simulation.objects.grasp_object import Split, splits_of_own
from dexnet_core.simulation.objects.own_meshes import read_mesh, read_meshes, read_usable_meshes
import numpy as np
import pytest
import trimesh
from trimesh.transformations import scale_matrix, translation_matrix

SIZE = (0.04, 0.05, 0.06)
VOLUME = float(np.prod(SIZE))
RADIUS = 0.04


def box(size=SIZE, at=(0, 0, 0)):
    return trimesh.creation.box(size).apply_translation(at)


def ball(radius=RADIUS):
    return trimesh.creation.icosphere(subdivisions=3, radius=radius)


def both(*meshes):
    return trimesh.util.concatenate(meshes)


def inside_out(mesh):
    mesh = mesh.copy()
    mesh.invert()
    return mesh


def of_faces(mesh, faces, vertices=None):
    vertices = mesh.vertices if vertices is None else vertices
    return trimesh.Trimesh(vertices, faces, process=False)


STRAY = of_faces(None, [(0, 1, 2)], [(0, 0, 0), (0, 1e-3, 0), (0, 0, 1e-3)])


def less(mesh, count):
    return of_faces(mesh, mesh.faces[count:])


def seams():
    """Return a box of which each triangle has its own corners, as along seams of a texture."""
    return of_faces(box(), np.arange(36).reshape(12, 3), box().triangles.reshape(-1, 3))


def rounded():
    mesh = seams()
    noise = np.random.default_rng(0).uniform(-4e-7, 4e-7, mesh.vertices.shape)
    return of_faces(mesh, mesh.faces, mesh.vertices + noise)


def half_turned():
    faces = box().faces.copy()
    faces[::2] = faces[::2, ::-1]
    return of_faces(box(), faces)


def read(tmp_path, mesh, name='part.ply'):
    mesh.export(tmp_path / name)
    return read_mesh(tmp_path / name)


@pytest.mark.parametrize(
    ('mesh', 'said'),
    [
        (box(), ''),
        (inside_out(box()), ''),
        (half_turned(), ''),
        (seams(), ''),
        (rounded(), 'merged vertices'),
        (of_faces(box(), box().faces, [*box().vertices, (9.0, 9.0, 9.0)]), ''),
        (of_faces(box(), [*box().faces, (0, 0, 1), (2, 3, 2)]), ''),
        (of_faces(box(), [*box().faces, *box().faces[:3]]), 'removed 3 duplicate faces'),
        (of_faces(box(), [*box().faces, *box().faces[:, ::-1]]), 'removed 12 duplicate faces'),
        (
            both(box(), of_faces(box(), [(0, 1, 2)], [(0, 0, 0), (0, 1e-3, 0), (0, 0, 1e-3)])),
            'open',
        ),
        (both(box(SIZE), box((0.02, 0.02, 0.02))), ''),
    ],
)
def test_faults_of_exports_leave_the_volume(tmp_path, mesh, said):
    thing, repairs = read(tmp_path, mesh)
    assert thing.mesh.is_volume
    assert thing.mesh.volume == pytest.approx(VOLUME, rel=1e-3)
    np.testing.assert_allclose(thing.mesh.center_mass, 0, atol=1e-6)
    assert said in ', '.join(repairs)
    assert bool(said) == bool(repairs)


@pytest.mark.parametrize('at', [(0.04, 0, 0), (0.04, 0, 0.06), (0.04, 0.05, 0.06), (0.09, 0, 0)])
@pytest.mark.parametrize('suffix', ['ply', 'stl'])
def test_bodies_that_touch_or_are_apart_are_one_object(tmp_path, at, suffix):
    thing, repairs = read(tmp_path, both(box(), box(at=at)), f'two.{suffix}')
    assert thing.mesh.volume == pytest.approx(2 * VOLUME, rel=1e-4)
    assert len(thing.parts) == 2
    for part in thing.parts:
        np.testing.assert_allclose(part.convex_hull.extents, SIZE, atol=1e-6)
    assert not repairs


@pytest.mark.parametrize('turn', [lambda mesh: mesh, inside_out])
def test_a_closed_cavity_is_filled(tmp_path, turn):
    thing, repairs = read(tmp_path, turn(both(ball(), inside_out(ball(0.03)))))
    assert repairs == ['filled 1 closed cavity']
    assert thing.mesh.volume == pytest.approx(ball().volume, rel=1e-4)
    assert len(thing.parts) == 1


def test_small_holes_are_closed(tmp_path):
    fan = ball().vertex_faces[7]
    for gone in ([5], fan[fan >= 0]):
        mesh = ball()
        mesh.update_faces(~np.isin(np.arange(len(mesh.faces)), gone))
        thing, repairs = read(tmp_path, mesh)
        assert repairs == ['closed small holes of 1 part']
        assert thing.mesh.volume == pytest.approx(ball().volume, rel=1e-3)


def test_scenes_are_read_with_their_transforms(tmp_path):
    scene = trimesh.Scene()
    scene.add_geometry(box((40, 50, 60)), transform=scale_matrix(0.001))
    raised = translation_matrix((0, 0, 0.06)) @ scale_matrix(0.001)
    scene.add_geometry(box((40, 50, 60)), transform=raised)
    scene.export(tmp_path / 'scene.glb')
    thing = read_mesh(tmp_path / 'scene.glb').object
    np.testing.assert_allclose(thing.mesh.extents, (0.04, 0.05, 0.12), atol=1e-6)


def written(text):
    def write(path):
        path.write_text(text)

    return write


BAD = [
    ('open.stl', less(box(), 2).export, 'is not watertight'),
    ('sheet.ply', less(box(), 10).export, 'is not watertight'),
    ('mm.stl', box((60, 40, 80)).export, r'\(--mesh-scale 0.001 for millimetres\)'),
    ('inch.obj', box((3, 2, 1)).export, '0.0254 for inches'),
    ('tiny.stl', box((6e-5, 6e-5, 6e-5)).export, 'other units'),
    ('scan.ply', trimesh.PointCloud(np.eye(3)).export, 'holds no triangles'),
    ('nan.ply', of_faces(box(), box().faces, box().vertices * np.nan).export, 'NaN or infinite'),
    ('lfs.stl', written('version https://git-lfs.github.com/spec/v1\n'), 'git lfs pull'),
    ('text.stl', written('not a mesh'), 'no triangles'),
    ('cut.glb', written('glTF'), 'cannot be read as a mesh'),
    ('part.step', written('ISO-10303-21;'), 'is not a supported format: save it as'),
]


@pytest.mark.parametrize(('name', 'write', 'reason'), BAD)
def test_what_cannot_be_used_is_refused_with_file_and_reason(tmp_path, name, write, reason):
    write(tmp_path / name)
    with pytest.raises(ValueError, match=rf'{name}.*{reason}') as refusal:
        read_meshes(tmp_path)
    assert '\n' not in str(refusal.value)


def test_the_others_go_on(tmp_path):
    with pytest.raises(ValueError, match='holds no mesh'):
        read_meshes(tmp_path)
    for name, write, _ in BAD:
        write(tmp_path / name)
    seams().export(tmp_path / 'good.obj')
    rounded().export(tmp_path / 'mended.ply')
    found = read_usable_meshes(tmp_path)
    assert [thing.name for thing in found.objects] == ['mesh_good.obj', 'mesh_mended.ply']
    assert len(found.broken) == len(BAD)
    (line,) = found.repaired
    assert 'mended.ply' in line


def test_a_single_file_is_read_too(tmp_path):
    box().export(tmp_path / 'part.stl')
    assert [thing.name for thing in read_meshes(tmp_path / 'part.stl')] == ['mesh_part.stl']


@pytest.mark.parametrize('count', range(1, 40))
def test_own_objects_are_not_lost_and_leave_some_to_validate_with(count):
    for series in 'abc':
        splits = splits_of_own([f'mesh_{series}{k}.stl' for k in range(count)])
        assert len(splits) == count
        assert Split.TRAIN in splits
        assert (Split.VAL in splits) == (count > 1)
        assert count > 9 or splits.count(Split.TRAIN) == max(count - 1, 1)


@pytest.mark.parametrize('kind', [['suction', '--format', 'dexnet'], ['suction'], ['graspnet']])
def test_one_own_object_makes_a_set(tmp_path, capsys, kind):
    parts, out = tmp_path / 'parts', tmp_path / 'out'
    parts.mkdir()
    seams().export(parts / 'part.obj')
    less(box(), 2).export(parts / 'open.stl')
    config = tmp_path / 'config.yaml'
    config.write_text(
        {
            'graspnet': 'heap: [1, 1]\nlabels: {most_points: 8}\n',
            'dexnet': 'candidates: 40\nposes: 1\nimages: 1\nperturbations: 2\n',
            'suction': 'perturbations: 2\nseal_points: 300\n',
        }[kind[-1]]
    )
    scenes = ['--train-scenes', '1', '--val-scenes', '1', '--views-per-scene', '1']
    given = ['--meshes', parts, '--objects', '0', '--workers', '1', '--config', config]
    more = [] if kind[-1] == 'dexnet' else scenes
    assert main(['generate', *kind, *map(str, given), *more, '--out', str(out)]) == 0
    printed = capsys.readouterr()
    assert '1 train, 0 val, 0 test' in printed.out
    assert 'left out' in printed.err
    assert 'open.stl is not watertight' in printed.err
