"""Cameras are read from what drivers, libraries and data sets write, or refused by name."""

import json

import cv2
from dexnet_core.io.files.camera_files import read_camera
from dexnet_core.io.files.depth_images import read_depth_image
import numpy as np
import pytest
from scipy.io import savemat

SHAPE = (480, 640)
NUMBERS = (600, 590, 330, 250)
FX, FY, CX, CY = NUMBERS
K = np.array([[FX, 0, CX], [0, FY, CY], [0, 0, 1.0]])
P = np.column_stack([K, [0, 0, 0]])
K4 = np.vstack([P, [0, 0, 0, 1]])
FLAT, P_FLAT = K.ravel().tolist(), P.ravel().tolist()
SIZE = {'width': 640, 'height': 480}
PLAIN = {'fx': FX, 'fy': FY, 'cx': CX, 'cy': CY}
REALSENSE = {'fx': FX, 'fy': FY, 'ppx': CX, 'ppy': CY, 'model': 'none', 'coeffs': [0] * 5, **SIZE}
OPEN3D = {'intrinsic_matrix': K.T.ravel().tolist(), **SIZE}
BOP = {'cam_K': FLAT, 'cam_R_w2c': np.eye(3).ravel().tolist(), 'depth_scale': 0.1}
OF_COLOUR = {'fx': 900, 'fy': 900, 'ppx': 640, 'ppy': 360, 'width': 1280, 'height': 720}

CALIBRATION = f"""
image_width: 640
image_height: 480
camera_matrix: {{rows: 3, cols: 3, data: {FLAT}}}
"""
MESSAGE = f"""header:
  seq: 4
  frame_id: "camera"
height: 480
width: 640
distortion_model: "plumb_bob"
d: [0.0, 0.0, 0.0, 0.0, 0.0]
k: [1, 0, 0, 0, 1, 0, 0, 0, 1]
r: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
p: {P_FLAT}
roi: {{x_offset: 0, y_offset: 0, height: 0, width: 0}}
"""
ROS1 = MESSAGE.replace('d:', 'D:', 1).replace('\nk:', '\nK:').replace('\np:', '\nP:')
INTR = {'_fx': FX, '_fy': FY, '_cx': CX, '_cy': CY, '_width': 640, '_height': 480, '_K': 0}
OST = """# oST version 5.0 parameters

[image]

width
640

height
480

[narrow_stereo]

camera matrix
{}

distortion
0.0 0.0 0.0 0.0 0.0

rectification
1.0 0.0 0.0
0.0 1.0 0.0
0.0 0.0 1.0

projection
{}
"""
ENUMERATED = """ Intrinsic of "Depth" / {}x{} / {{Z16}}
  Width:      \t{}
  Height:     \t{}
  PPX:        \t{}
  PPY:        \t{}
  Fx:         \t{}
  Fy:         \t{}
  Distortion: \tBrown Conrady
  Coeffs:     \t0  \t0  \t0  \t0  \t0
  FOV (deg):  \t56.07 x 43.6

"""


def rows(matrix) -> str:
    return '\n'.join(' '.join(f'{value:.6f}' for value in row) for row in matrix)


def enumerated(width, height, share) -> str:
    return ENUMERATED.format(width, height, width, height, *(share * n for n in (CX, CY, FX, FY)))


TEXTS = {
    'calibration.yaml': CALIBRATION,
    'message.yaml': MESSAGE,
    'ros1.yaml': ROS1,
    'echo.yaml': MESSAGE + '---\n',
    'twice.yaml': f'---\n{MESSAGE}---\n{MESSAGE.replace("600", "500")}---\n',
    'unrectified.yaml': MESSAGE.replace(str(P_FLAT), str([0.0] * 12)).replace(
        'k: [1, 0, 0, 0, 1, 0', f'k: [{FX}, 0, {CX}, 0, {FY}, {CY}'
    ),
    'c.intr': json.dumps(INTR),
    'ost.ini': OST.format(rows(K), rows(P)),
    'ost.txt': OST.format(rows(K), rows(P)),
    'plain.json': json.dumps(PLAIN),
    'plain.yaml': ''.join(f'{name}: {value}\n' for name, value in PLAIN.items()),
    'capitals.json': json.dumps({name.upper(): value for name, value in PLAIN.items()}),
    'nerf.json': json.dumps({'fl_x': FX, 'fl_y': FY, 'cx': CX, 'cy': CY, 'w': 640, 'h': 480}),
    'plain.txt': f'{FX} {FY} {CX} {CY}\n',
    'commas.txt': f'{FX}, {FY}, {CX}, {CY}',
    'named.txt': ''.join(f'{name} = {value}\n' for name, value in PLAIN.items()),
    'named.csv': f'fx,fy,cx,cy\n{FX},{FY},{CX},{CY}\n',
    'list.json': json.dumps(NUMBERS),
    'realsense.json': json.dumps(REALSENSE),
    'nested.json': json.dumps({'depth': {'intrinsics': REALSENSE}, 'color': OF_COLOUR}),
    'printed.txt': f'[ 640x480  p[{CX} {CY}]  f[{FX} {FY}]  Brown Conrady [0 0 0 0 0] ]',
    'listed.txt': f'width: 640, height: 480, ppx: {CX}, ppy: {CY}, fx: {FX}, fy: {FY}, model: a',
    'enumerate.txt': enumerated(1280, 720, 1.5) + enumerated(640, 480, 1),
    'open3d.json': json.dumps(OPEN3D),
    'parameters.json': json.dumps(
        {
            'class_name': 'PinholeCameraParameters',
            'extrinsic': np.eye(4).T.ravel().tolist(),
            'intrinsic': OPEN3D,
        }
    ),
    'bop.json': json.dumps({**PLAIN, **SIZE, 'depth_scale': 0.1}),
    'scene_camera.json': json.dumps({'3': BOP, '4': BOP}),
    'rows.json': json.dumps({'K': K.tolist(), **SIZE}),
    'matrix.json': json.dumps(K.tolist()),
    'flat.json': json.dumps({'camera_matrix': FLAT}),
    'K.txt': rows(K),
    'K.csv': rows(K).replace(' ', ','),
    'P.txt': rows(P),
    'intrinsic_depth.txt': rows(K4),
    'numpy.txt': str(K),
    'repr.txt': repr(K),
    'code.txt': f'K = np.array({K.tolist()})\nD = np.zeros(5)\n',
    'camera.toml': f'[camera]\nwidth = 640\nheight = 480\nK = {K.tolist()}\n',
    'cameras.txt': f'# Camera list\n#  CAMERA_ID, MODEL\n1 PINHOLE 640 480 {FX} {FY} {CX} {CY}\n',
    'kalibr.yaml': f'cam0:\n  intrinsics: {list(NUMBERS)}\n  resolution: [640, 480]\n',
    'orb.yaml': '%YAML:1.0\n---\n' + ''.join(f'Camera.{k}: {v}.0\n' for k, v in PLAIN.items()),
    'kinect.txt': f'resolution width: 640\nresolution height: 480\nprincipal point x: {CX}\n'
    f'principal point y: {CY}\nfocal length x: {FX}\nfocal length y: {FY}\n',
}


def read(path, shape=SHAPE, image=''):
    camera = read_camera(str(path), shape, image).intrinsics
    assert camera.shape == shape
    return camera.fx, camera.fy, camera.cx, camera.cy


@pytest.mark.parametrize('name', TEXTS)
def test_texts_of_cameras(tmp_path, name):
    (tmp_path / name).write_text(TEXTS[name])
    assert read(tmp_path / name) == NUMBERS


@pytest.mark.parametrize('source', ['600,590,330,250', '600 590 330 250', ' 6e2, 590.0,330 ,250'])
def test_numbers_are_a_camera(source):
    assert read(source) == NUMBERS


@pytest.mark.parametrize('suffix', ['yml', 'xml', 'json'])
@pytest.mark.parametrize('name', ['camera_matrix', 'K', 'Camera_Matrix', 'P'])
def test_file_storage_of_opencv(tmp_path, suffix, name):
    path = tmp_path / f'c.{suffix}'
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write('image_width', 640)
    storage.write('image_height', 480)
    storage.write(name, P if name == 'P' else K)
    storage.write('distortion_coefficients', np.zeros((1, 5)))
    storage.release()
    assert read(path) == NUMBERS


@pytest.mark.parametrize('matrix', [K, K[None], P, K4, K.ravel(), np.array(NUMBERS)])
def test_matrices_take_the_size_of_the_image(tmp_path, matrix):
    np.save(tmp_path / 'K.npy', matrix)
    np.savez(tmp_path / 'one.npz', matrix)
    np.savez(tmp_path / 'named.npz', mtx=K, dist=np.zeros(5), rvecs=np.eye(3), depth=np.ones(99))
    savemat(tmp_path / '0000.mat', {'intrinsic_matrix': K, 'factor_depth': 1000})
    for name in ('K.npy', 'one.npz', 'named.npz', '0000.mat'):
        assert read(tmp_path / name) == NUMBERS


def test_a_transposed_matrix_is_read_and_told(tmp_path, caplog):
    np.save(tmp_path / 'K.npy', K.T)
    assert read(tmp_path / 'K.npy') == NUMBERS
    assert 'K.npy: the camera matrix is stored transposed' in caplog.text


def test_a_camera_of_another_size_is_rescaled_and_told(tmp_path, caplog):
    twice = {name: 2 * value for name, value in {**REALSENSE, 'model': ''}.items() if value}
    (tmp_path / 'c.json').write_text(json.dumps({**twice, 'ppx': 660.5, 'ppy': 500.5}))
    assert read(tmp_path / 'c.json') == NUMBERS
    assert 'c.json: camera is for 1280x960, the image is 640x480: taken as resc' in caplog.text
    with pytest.raises(ValueError, match=r'camera .*c\.json: .* is the image cropped\?'):
        read(tmp_path / 'c.json', (480, 600))
    with pytest.raises(ValueError, match=r'camera 910,910,641\.2,359\.3: the principal point'):
        read('910,910,641.2,359.3', (360, 640))


def test_of_several_cameras_the_number_the_size_or_the_name_counts(tmp_path):
    other = {**BOP, 'cam_K': [300, 0, CX, 0, 300, CY, 0, 0, 1]}
    path = tmp_path / 'scene_camera.json'
    path.write_text(json.dumps({'3': other, '12': BOP}))
    assert read(path, image='depth/000012.png') == NUMBERS
    assert read(path, image='000003.png')[0] == 300
    assert read(f'{path}:12') == NUMBERS
    with pytest.raises(ValueError, match='2 different cameras, 3, 12: expected one, or FILE:NAME'):
        read(path, image='depth.png')
    with pytest.raises(ValueError, match="no camera '5', but 3, 12"):
        read(f'{path}:5')


def test_a_part_of_a_name_is_enough(tmp_path):
    other = enumerated(640, 480, 1).replace('Depth', 'Color').replace('600', '610')
    (tmp_path / 'e.txt').write_text(other + enumerated(640, 480, 1))
    with pytest.raises(ValueError, match=r'2 different cameras, Intrinsic of "Color" / 640x480'):
        read(tmp_path / 'e.txt')
    assert read(f'{tmp_path}/e.txt:depth') == NUMBERS


@pytest.mark.parametrize(
    ('name', 'text', 'reason'),
    [
        ('zero.yaml', CALIBRATION.replace('600', '0'), 'fx is 0'),
        ('list.yaml', '[1, 2]', 'got'),
        ('broken.yaml', 'a: [1', 'no fx'),
        ('mark.yaml', '%YAML:1.0\n---\na: [', 'no fx'),
        ('empty.intr', '{}', 'no fx'),
        ('empty.yaml', '', 'no fx'),
        ('infinite.yaml', CALIBRATION.replace('640', '.inf'), 'width and height'),
        ('short.yaml', 'width: 8\nheight: 6\nk: [9]', 'no fx'),
        ('unsafe.yaml', '!!python/object/apply:os.getcwd []', 'no fx'),
        ('opengl.json', '{"K": [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, -1, -1], [0, 0, -1, 0]]}',
         'is of OpenGL'),
        ('skewed.json', '{"K": [[600, 90, 320], [0, 600, 240], [0, 0, 1]]}', 'expected 3x3'),
        ('shares.json', '{"fx": 0.9, "fy": 1.2, "cx": 0.5, "cy": 0.5}', 'are fractions of'),
        ('kinect.json', '{"Cameras": [{"Intrinsics": {"ModelParameters": [0.5, 0.5, 0.4, 0.4]}}]}',
         'raw calibration of an Azure Kinect'),
        ('word.json', json.dumps({**PLAIN, 'fx': 'wide'}), 'expected numbers'),
        ('units.json', json.dumps({**PLAIN, 'depth_scale': 50}), '--depth-scale'),
        ('two.json', json.dumps({'left': PLAIN, 'right': {**PLAIN, 'cx': 300}}), 'left, right'),
    ],
)  # fmt: skip
def test_what_is_no_camera_is_refused_by_name(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=name) as refused:
        read(tmp_path / name)
    assert reason in str(refused.value)
    assert 'expected fx,fy,cx,cy in pixels, or a file: ROS' in str(refused.value)
    assert 'while' not in str(refused.value)  # as parsers of YAML say where they were


def test_arrays_that_are_no_camera_are_refused_by_name(tmp_path):
    np.save(tmp_path / 'short.npy', K[:2])
    np.save(tmp_path / 'words.npy', np.array([['a']]))
    np.savez(tmp_path / 'empty.npz', depth=np.ones((99, 99)))
    savemat(tmp_path / 'other.mat', {'poses': K})
    for name in ('text.mat', 'text.npy', 'text.npz'):
        (tmp_path / name).write_text('no')
    for path in tmp_path.iterdir():
        with pytest.raises(ValueError, match=f'{path.name} is not a camera'):
            read(path)


def test_camera_that_is_neither_file_nor_numbers():
    for source in ('nowhere.yaml', 'realsense', '600,600,320'):
        with pytest.raises(
            FileNotFoundError, match=f'{source} is not a file; expected fx,fy,cx,cy'
        ):
            read(source)
    with pytest.raises(ValueError, match=r'1,2,3,four.*expected fx,fy,cx,cy'):
        read('1,2,3,four')
    with pytest.raises(ValueError, match='fx'):
        read('0,2,3,4')


@pytest.mark.parametrize(
    ('units', 'metres'),
    [
        ({}, 7.5),
        ({'factor_depth': 10000}, 0.75),
        ({'depth_scale': 0.001}, 7.5),
        ({'depth_scale': 0.00025}, 1.875),
        ({'depth_scale': 0.1}, 0.75),
        ({'depth_scale': 1.0}, 7.5),
        ({'depth_scale': 5000.0}, 1.5),
        ({'cam_K': FLAT, 'depth_scale': 0.005}, 0.0375),
        ({'DepthMapFactor': 5000.0}, 1.5),
    ],
)
def test_a_camera_may_say_the_units_of_integer_depth(tmp_path, units, metres):
    cv2.imwrite(str(tmp_path / 'depth.png'), np.full(SHAPE, 7500, np.uint16))
    np.save(tmp_path / 'metres.npy', np.full(SHAPE, 0.5))
    (tmp_path / 'c.json').write_text(json.dumps({**PLAIN, **units}))
    image = read_depth_image(tmp_path / 'depth.png', str(tmp_path / 'c.json'))
    np.testing.assert_allclose(image.depth, metres, rtol=1e-6)
    assert (image.camera.fx, image.mask) == (FX, None)
    floating = read_depth_image(tmp_path / 'metres.npy', str(tmp_path / 'c.json'))
    np.testing.assert_allclose(floating.depth, 0.5)


@pytest.mark.parametrize('wrong', [0, [1, 2], 'no'])
def test_units_that_are_no_number_are_refused(tmp_path, wrong):
    savemat(tmp_path / 'meta.mat', {'intrinsic_matrix': K, 'factor_depth': wrong})
    with pytest.raises(ValueError, match=r'meta\.mat is not a camera: factor_depth is'):
        read(tmp_path / 'meta.mat')
