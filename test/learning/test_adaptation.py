"""An evaluator learns from picks that were tried, or stays as it is."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')

from dexnet_core.cli.arguments import USER_ERROR
from dexnet_core.cli.main import main
from dexnet_core.datasets.trials.own_trials import trials_of_pick
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.picks.tried_pick import write_pick
from dexnet_core.planning.grippers.gripper_files import read_gripper
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.loading import load_evaluator
from dexnet_core.workflows.adaptation.correction_choice import BEFORE, CALIBRATION, Chooser, OFFSET
from dexnet_core.workflows.adaptation.corrections import (
    calibration_of,
    Examples,
    log_losses,
    probabilities,
    tuned,
)
from dexnet_core.workflows.adaptation.evidence import Evidence
from dexnet_core.workflows.adaptation.last_layers import LastLayers, OpenedEvaluator
from dexnet_core.workflows.adaptation.offsets import grid_of, JawAt, likeliest_offset
from own_picks import Kind


@pytest.fixture(scope='module', params=['jaw', 'suction'])
def kind(request):
    return Kind(request.param)


def random_inputs(contract, count=20):
    rng = np.random.default_rng(0)
    shape = (4, contract.rows, contract.columns) if hasattr(contract, 'rows') else (5, 32, 32)
    patches = rng.uniform(-1, 1, (count, *shape)).astype(np.float32)
    return patches, rng.uniform(0, 1, (count, len(contract.context))).astype(np.float32)


def test_an_evaluator_is_taken_apart_and_put_together(kind, tmp_path):
    contract = kind.evaluator.contract
    opened, inputs = OpenedEvaluator(kind.path, contract), random_inputs(contract)
    before = kind.evaluator.run(*inputs)
    assert before.std() > 0.01
    logits = opened.layers.logits(opened.features(*inputs))
    assert probabilities(logits) == pytest.approx(before, abs=1e-5)
    path = tmp_path / 'evaluator.onnx'
    opened.write(path, opened.layers.calibrated(0.5, 1.0))
    changed = load_evaluator(path)
    assert changed.contract == contract
    assert changed.run(*inputs) == pytest.approx(probabilities(0.5 * logits + 1), abs=1e-5)


def test_a_calibration_that_a_file_names_goes_into_the_layers(kind, tmp_path):
    contract = replace(kind.evaluator.contract, calibration=(2.0, -0.5))
    inputs = random_inputs(contract)
    opened = OpenedEvaluator(kind.path, contract)
    opened.write(tmp_path / 'evaluator.onnx', opened.layers)
    logit = 2 * np.log(p := kind.evaluator.run(*inputs)) - 2 * np.log1p(-p) - 0.5
    got = load_evaluator(tmp_path / 'evaluator.onnx').run(*inputs)
    assert got == pytest.approx(probabilities(logit), abs=1e-4)


def test_another_network_is_no_evaluator(kind):
    with pytest.raises(ValueError, match='expected two layers'):
        OpenedEvaluator(kind.path.with_name('proposals.onnx'), kind.evaluator.contract)


def test_a_calibration_is_found_again():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 3, (3, 4000))
    held = rng.random(4000) < probabilities(0.4 * logits[1] - 1)
    slope, offset = calibration_of(logits, held)
    assert slope[1] == pytest.approx(0.4, abs=0.05)
    assert offset[1] == pytest.approx(-1, abs=0.1)
    assert (
        log_losses(slope[1] * logits[1] + offset[1], held).mean()
        < log_losses(logits[1], held).mean()
    )


def random_layers(rng, size=12):
    return LastLayers(
        rng.normal(0, 0.5, (8, size)), np.zeros(8), rng.normal(0, 0.5, 8), np.array(0.1)
    )


def examples(rng, layers, count=300, extra=0.0):
    """Grasps that hold as the layers say, and more often with what is seen first."""
    seen = rng.normal(0, 1, (count, layers.hidden.shape[1]))
    chance = probabilities(layers.logits(seen) + extra * seen[:, 0])
    return Examples(seen, rng.random(count) < chance)


def test_tuned_layers_learn_and_do_not_forget_what_is_replayed():
    rng = np.random.default_rng(2)
    layers = random_layers(rng)
    own, others = (examples(rng, layers, extra=3.0) for _ in range(2))
    replay = examples(rng, layers)
    few, many = tuned(layers, own, None, (10, 200))

    def loss(some, of):
        return log_losses(some.logits(of.features), of.held).mean()

    assert loss(many, others) < loss(few, others) < loss(layers, others)
    (kept,) = tuned(layers, own, replay, (200,))
    assert loss(kept, replay) < loss(many, replay)


def test_an_offset_is_found_by_what_held():
    rng, jaw = np.random.default_rng(3), JawGripper()
    offsets = grid_of(jaw)
    assert (offsets == 0).all(axis=1).sum() == 1
    wanted = int(np.argmin(np.abs(offsets - [0.008, -0.004]).sum(axis=1)))
    scores = rng.normal(0, 2, (len(offsets), 300))
    held = rng.random(300) < probabilities(0.7 * scores[wanted] + 0.5)
    assert likeliest_offset(offsets, scores, held, jaw) == wanted


def test_an_offset_shows_what_a_jaw_that_is_described_so_sees():
    kind = Kind('jaw')
    (pick, *_), _ = kind.picks(0.0, 'down')
    offset = np.array([[0.006, -0.003]])
    contract = kind.evaluator.contract
    straight = JawAt(trials_of_pick(pick, kind.finder), contract)
    beside = replace(pick, gripper=JawGripper(offset_x=0.006, offset_y=-0.003))
    other = trials_of_pick(beside, kind.finder)
    moved = JawAt(replace_heights(other, straight.trials), contract)
    got, expected = straight.inputs(offset)[0], moved.inputs(np.zeros((1, 2)))[0]
    assert (got != straight.inputs(np.zeros((1, 2)))[0]).any()
    assert got == pytest.approx(expected, abs=1e-5)


def replace_heights(trials, others):
    """The same on the height map of others, whose grid may begin elsewhere."""
    return trials._replace(heights=others.heights)


class Opened:
    """An evaluator of which only the last layers matter."""

    def __init__(self, layers):
        self.layers = layers


def evidence(rng, layers, some):
    logits = layers.logits(some.features)
    images = np.arange(len(some.held)) // 2
    return Evidence(some, images, np.zeros((1, 2)), logits[None], (), Opened(layers))


def test_nothing_is_changed_for_picks_that_went_as_foreseen():
    rng = np.random.default_rng(4)
    layers = random_layers(rng)
    choice = Chooser(evidence(rng, layers, examples(rng, layers)), None).chosen()
    assert choice.name == BEFORE
    assert choice.correction.layers is layers


def test_scores_that_promise_too_much_are_calibrated():
    rng = np.random.default_rng(5)
    layers = random_layers(rng)
    some = examples(rng, layers.calibrated(0.6, -1.5))
    choice = Chooser(evidence(rng, layers, some), None).chosen()
    assert choice.name == CALIBRATION
    before = log_losses(layers.logits(some.features), some.held).mean()
    assert log_losses(choice.logits, some.held).mean() < before


def test_what_only_the_layers_can_learn_is_learnt():
    rng = np.random.default_rng(6)
    layers = random_layers(rng)
    some = examples(rng, layers, extra=3.0)
    choice = Chooser(evidence(rng, layers, some), None).chosen()
    assert 'last layers' in choice.name
    assert choice.losses[choice.name] < choice.losses[CALIBRATION] < choice.losses[BEFORE]


def log_of(kind, folder, held, gripper=None):
    """A log of picks on the box from some sides; `held` says what became of a score."""
    count = side = 0
    while count < 48:
        side += 1
        for pick in kind.picks(0.1, 'down', around=0.8 * side)[0]:
            score = pick.offered.scores[pick.tried]
            pick = replace(pick, held=bool(held(count, score)), gripper=gripper or pick.gripper)
            write_pick(folder / f'{count:03d}.npz', pick)
            count += 1
    return count


def test_the_command_makes_a_model_that_plans(kind, tmp_path, capsys):
    count = log_of(kind, tmp_path / 'log', lambda k, score: k % 3 == 0)
    out = tmp_path / 'new'
    command = ['adapt', kind.name, '--real', str(tmp_path / 'log'), '--out', str(out)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert f'{count} picks, ' in said
    assert (out / 'report.md').read_text() in said
    gripper = read_gripper(out / 'gripper.yaml', type(kind.gripper))
    (pick, *_), _ = kind.picks(0.0, 'down')
    before, after = (
        kind.load(model, gripper=gripper).plan(pick.seen) for model in (kind.path.parent, out)
    )
    assert after.grasps
    assert after.grasps[0].score < before.grasps[0].score, 'a third held, it had promised more'
    assert main(command) == USER_ERROR
    assert 'expected an empty folder' in capsys.readouterr().err


def test_too_few_picks_and_several_grippers_are_refused(tmp_path, capsys):
    kind = Kind('suction')
    log, out = tmp_path / 'log', tmp_path / 'new'
    log_of(kind, log, lambda k, score: True)
    assert main(['adapt', 'suction', '--real', str(log), '--out', str(out / 'a')]) == USER_ERROR
    assert 'expected at least 40, with 8 or more of each outcome' in capsys.readouterr().err
    (pick, *_), _ = kind.picks(0.0, 'down')
    write_pick(log / 'other.npz', replace(pick, gripper=replace(kind.gripper, radius=0.01)))
    assert main(['adapt', 'suction', '--real', str(log), '--out', str(out / 'b')]) == USER_ERROR
    assert 'picks of 2 grippers' in capsys.readouterr().err
    assert main(['adapt', 'jaw', '--real', str(log), '--out', str(out / 'b')]) == USER_ERROR
    said = capsys.readouterr().err
    assert 'has 0 usable picks (' in said
    assert 'with another kind of gripper omitted)' in said
    assert not [path for path in out.rglob('*') if path.is_file()], 'a second try may begin'


def test_picks_on_few_images_and_a_folder_in_use_are_refused(tmp_path, capsys):
    kind = Kind('suction')
    (pick, *_), _ = kind.picks(0.0, 'down')
    for k in range(48):
        write_pick(tmp_path / 'log' / f'{k:03d}.npz', replace(pick, held=k % 2 == 0))
    command = ['adapt', 'suction', '--real', str(tmp_path / 'log'), '--out', str(tmp_path / 'new')]
    assert main(command) == USER_ERROR
    assert 'has picks on 1 images, expected at least 5' in capsys.readouterr().err
    write_text(tmp_path / 'new' / 'gripper.yaml', 'mine')
    assert main(command) == USER_ERROR
    assert 'expected an empty folder' in capsys.readouterr().err
    assert (tmp_path / 'new' / 'gripper.yaml').read_text() == 'mine'


def test_offset_is_a_kind_of_correction_of_jaws_alone():
    rng = np.random.default_rng(7)
    layers = random_layers(rng)
    chooser = Chooser(evidence(rng, layers, examples(rng, layers, count=60)), None)
    assert OFFSET not in chooser.corrections(np.arange(60))
