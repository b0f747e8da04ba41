"""A few scenes of a few objects in which grasps are tried."""

from dexnet_core.datasets.trials.jaw_trial_labeller import JawTrialConfig, JawTrialLabeller
from dexnet_core.datasets.trials.suction_trial_labeller import (
    SuctionTrialConfig,
    SuctionTrialLabeller,
)
from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.simulation.scenes.random_scene import SceneRange

_TINY = {
    **{'objects': 16, 'train_scenes': 3, 'val_scenes': 1, 'views_per_scene': 1},
    **{'perturbations': 8, 'per_view': 12},
    'scenes': SceneRange(single=0.3, packed=0.0, heap=(2, 3), binned=0.5),
}
LABELLERS = {
    'jaw': JawTrialLabeller(JawTrialConfig(**_TINY)),
    'suction': SuctionTrialLabeller(SuctionTrialConfig(**_TINY)),
}


def quietly(items, what, total):
    return items


def generate_trials(kind, root):
    """Make, or go on making, a set of a kind of gripper."""
    generate(LABELLERS[kind], root, 1, quietly)
    return root
