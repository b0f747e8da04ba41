"""Folder layout of GraspNet-1Billion.

    ROOT/index.json                                  generated sets only, see `SetIndex`
    ROOT/models/007/nontextured.ply                  mesh, metres, object frame
    ROOT/grasp_label/007_labels.npz                  LABEL_FIELDS, see `ObjectLabels`
    ROOT/tolerance/007_tolerance.npy                 (P, VIEWS, ANGLES, DEPTHS) float32 metres
    ROOT/collision_label/scene_0012/collision_labels.npz
                                                     arr_i for line i of object_id_list.txt
    ROOT/scenes/scene_0012/object_id_list.txt        one object id per line
    ROOT/scenes/scene_0012/CAMERA/camK.npy           (3, 3) intrinsics
                                 /camera_poses.npy   (views, 4, 4) T_camera0_camera
                                 /cam0_wrt_table.npy (4, 4) T_table_camera0
                                 /depth/0003.png     uint16, `factor_depth` units per metre
                                 /label/0003.png     object id + 1; 0 for no object
                                 /meta/0003.mat      META_FIELDS, see `SceneView`
                                 /annotations/0003.xml  the same poses; not read here
                                 /rgb                not read, and not in generated sets

The numbers of scenes, views, objects and pixels follow from the files on disk.
Source: Fang et al., GraspNet-1Billion, CVPR 2020, and its API's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dexnet_core.planning.graspnet.stages import ANGLES, Cylinders, VIEWS

DEPTHS = len(Cylinders().tops)
"""Number of depths of the labelled grasps: 1, 2, 3 and 4 cm from grasp point to fingertips."""
GRASPS = (VIEWS, ANGLES, DEPTHS)
"""Shape of the labels at one point."""
LABEL_FIELDS = ('points', 'offsets', 'collision', 'scores')
"""Arrays of a file of grasp labels."""
META_FIELDS = ('cls_indexes', 'poses', 'intrinsic_matrix', 'factor_depth')
"""Arrays of a view's meta file; cls_indexes are object id + 1, (1, n); poses (3, 4, n)."""
UNLABELLED_OBJECTS = frozenset({18})
"""Objects of the published set without usable labels."""
PUBLISHED_SPLITS: Mapping[str, range] = {
    'train': range(100),
    'test_seen': range(100, 130),
    'test_similar': range(130, 160),
    'test_novel': range(160, 190),
}
PUBLISHED_CAMERAS = ('realsense', 'kinect')


@dataclass(frozen=True)
class SetIndex:
    """Contents of `index.json` of a generated set.

    Attributes:
        camera: Folder name of the views in each scene.
        splits: Scene numbers of each split, `train` or `val`.
    """

    camera: str
    splits: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layout:
    """Paths of a set with the views of one camera.

    Attributes:
        root: Folder of the set.
        camera: Folder name of the views in each scene.
    """

    root: Path
    camera: str

    @property
    def own(self) -> bool:
        """Whether this is a generated set, not the published one."""
        return index_path(self.root).exists()

    def model(self, number: int) -> Path:
        """Mesh of an object."""
        return self.root / 'models' / f'{number:03d}' / 'nontextured.ply'

    def grasp_labels(self, number: int) -> Path:
        """Grasp labels of an object."""
        return self.root / 'grasp_label' / f'{number:03d}_labels.npz'

    def tolerance(self, number: int) -> Path:
        """Tolerances of the grasps of an object."""
        return self.root / 'tolerance' / f'{number:03d}_tolerance.npy'

    def collisions(self, scene: int) -> Path:
        """Collision labels of all objects of a scene."""
        return self.root / 'collision_label' / _scene(scene) / 'collision_labels.npz'

    def object_list(self, scene: int) -> Path:
        """Object ids of a scene, one per line."""
        return self.root / 'scenes' / _scene(scene) / 'object_id_list.txt'

    def views(self, scene: int) -> Path:
        """Folder of the views of a scene."""
        return self.root / 'scenes' / _scene(scene) / self.camera

    def intrinsics(self, scene: int) -> Path:
        """Intrinsics of the camera."""
        return self.views(scene) / 'camK.npy'

    def camera_poses(self, scene: int) -> Path:
        """Poses of all views in the frame of the first view."""
        return self.views(scene) / 'camera_poses.npy'

    def table_pose(self, scene: int) -> Path:
        """Pose of the first view in the table frame."""
        return self.views(scene) / 'cam0_wrt_table.npy'

    def depth(self, scene: int, view: int) -> Path:
        """Depth image of a view."""
        return self.views(scene) / 'depth' / f'{view:04d}.png'

    def instances(self, scene: int, view: int) -> Path:
        """Instance image of a view."""
        return self.views(scene) / 'label' / f'{view:04d}.png'

    def meta(self, scene: int, view: int) -> Path:
        """Objects, poses and intrinsics of a view."""
        return self.views(scene) / 'meta' / f'{view:04d}.mat'

    def annotations(self, scene: int, view: int) -> Path:
        """Objects and poses of a view as XML."""
        return self.views(scene) / 'annotations' / f'{view:04d}.xml'


def index_path(root: Path) -> Path:
    """Return the path of the index of a generated set."""
    return root / 'index.json'


def _scene(number: int) -> str:
    return f'scene_{number:04d}'
