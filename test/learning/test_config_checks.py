"""What makes no data is refused before any is made, in one line with what was given."""

from dexnet_core.cli.main import main
from dexnet_core.datasets.crops.crop_jaw import JawCropConfig
from dexnet_core.datasets.crops.crop_suction import SuctionCropConfig
from dexnet_core.datasets.graspnet.graspnet_config import GraspNetSetConfig
from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialConfig
from dexnet_core.datasets.trials.suction_trial_labeller import SuctionTrialConfig
from dexnet_core.datasets.views.jaw_labeller import JawGenerationConfig
from dexnet_core.datasets.views.segmented_views import Approaches
from dexnet_core.datasets.views.suction_labeller import SuctionGenerationConfig
from dexnet_core.io.configuration import read_config
from dexnet_core.simulation.jaw.jaw_uncertainty import JawUncertainty
from dexnet_core.simulation.picking.random_grippers import CupRange, JawRange
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.random_scene import SceneRange
from dexnet_core.simulation.scenes.rendered_view import ViewRange
from dexnet_core.simulation.suction.cup_model import SpringCup
import pytest

NAN = float('nan')
COUNTED = (SuctionGenerationConfig, JawGenerationConfig, SuctionTrialConfig, JawTrialConfig)
CROPPED = (SuctionCropConfig, JawCropConfig)
SETS = (*COUNTED, GraspNetSetConfig)


@pytest.mark.parametrize(
    ('kinds', 'name', 'value', 'expected'),
    [
        ((*COUNTED, *CROPPED), 'perturbations', 0, '> 0'),
        (SETS, 'views_per_scene', 0, '> 0'),
        ((*SETS, *CROPPED), 'mesh_scale', 0.0, '> 0'),
        ((*SETS, *CROPPED), 'objects', -1, '>= 0'),
        ((*SETS, *CROPPED), 'seed', -1, '>= 0'),
        (SETS, 'train_scenes', -1, '>= 0'),
        (SETS, 'val_scenes', -1, '>= 0'),
        (COUNTED[:1], 'seal_points', 0, '> 0'),
        ([SceneRange], 'single', 1.5, '0 to 1'),
        ([SceneRange], 'binned', NAN, '0 to 1'),
        ([SceneRange, GraspNetSetConfig], 'heap', (0, 3), '0 < least <= greatest'),
        ([SceneRange, GraspNetSetConfig], 'heap', (5, 3), '0 < least <= greatest'),
        ([SceneRange], 'bin_width', (0.0, 0.4), '0 < least <= greatest'),
        ([ViewRange], 'height', (1.2, 0.4), '0 < least <= greatest'),
        ([ViewRange], 'focal', (0.0, 500.0), '0 < least <= greatest'),
        ([ViewRange], 'tilt', (0.0, 2.0), '0 <= least <= greatest < 1.571'),
        ([ViewRange], 'tilt', (-0.1, 0.2), '0 <= least <= greatest < 1.571'),
        ([ViewRange], 'offset', -0.1, '>= 0'),
        ([SpringCup], 'radius', 0.0, '> 0'),
        ([SpringCup], 'torque_limit', NAN, '> 0'),
        ([SpringCup], 'vertices', 2, '>= 3'),
        ([SuctionTrialConfig], 'mass', (0.0, 2.0), '0 < least <= greatest'),
        ([Approaches], 'tilted', 1.5, '0 to 1'),
        ([Approaches], 'tilt', (1.0, 0.2), '0 < least <= greatest'),
        ([JawRange, CupRange], 'usual', -0.1, '0 to 1'),
        ([JawRange], 'palm_width', (0.0, 0.1), '0 < least <= greatest'),
        ([CupRange], 'radius', (0.02, 0.01), '0 < least <= greatest'),
        ([JawUncertainty], 'gripper_position', -0.001, '>= 0'),
        ([JawUncertainty], 'friction_mean', 0.0, '> 0'),
    ],
    ids=str,
)
def test_what_makes_no_data_is_refused_with_got_and_expected(kinds, name, value, expected):
    for kind in kinds:
        with pytest.raises(ValueError, match=f'^{name} is ') as refused:
            kind(**{name: value})
        assert str(refused.value) == f'{name} is {value}, expected {expected}'


@pytest.mark.parametrize(
    'what', [['suction'], ['jaw-trials'], ['jaw', '--format', 'dexnet'], ['graspnet']]
)
def test_without_workers_no_folder_is_begun(what, tmp_path, capsys):
    out = tmp_path / 'out'
    assert main(['generate', *what, '--workers', '0', '--out', str(out)]) == 2
    assert capsys.readouterr().err == 'dexnet: workers is 0, expected at least 1\n'
    assert not out.exists()


def test_nothing_varies_and_one_camera_are_possible():
    JawUncertainty(0, 0, 0, 0, friction=0)
    ViewRange((0.5, 0.5), (0.0, 0.0), (500.0, 500.0), 0.0)
    SceneRange(single=0.0, heap=(1, 1), binned=1.0)
    SuctionGenerationConfig(objects=0, train_scenes=0, val_scenes=0)


@pytest.mark.parametrize(
    ('distance', 'words'),
    [
        ('0.6', r'distance is 0\.6, expected 2 values in brackets'),
        ('[0.5, 0.6, 0.7]', r'distance is \[0\.5, 0\.6, 0\.7\], expected 2 values'),
        ('[a, b]', 'distance'),
        ('[600, 700]', r'distance is \(600\.0, 700\.0\), expected metres up to 6\.5'),
    ],
)
def test_a_range_in_a_file_is_two_numbers_of_metres(tmp_path, distance, words):
    path = tmp_path / 'camera.yaml'
    usual = 'width: 640\nheight: 480\nfx: 525\nfy: 525\ncx: 319.5\ncy: 239.5\n'
    path.write_text(f'{usual}distance: {distance}\n')
    with pytest.raises(ValueError, match=rf'camera\.yaml: .*{words}'):
        read_config(CameraSetup, path)
