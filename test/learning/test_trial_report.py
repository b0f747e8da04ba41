"""How well a quality agrees with what held: by hand, and as a report of a tiny set."""

import json

from dexnet_core.evaluation.reports.trial_report import agreement, report_trials
from dexnet_core.planning.planners.loading import shipped_jaw
import numpy as np
import pytest
from tiny_trials import generate_trials


def test_agreement_by_hand():
    held = np.array([True, True, False, False, True])
    found = agreement(np.array([0.9, 0.4, 0.6, 0.1, 0.8]), held, 0.5)
    assert found.right == pytest.approx(3 / 5)
    assert (found.held_if_good, found.held_if_bad) == (pytest.approx(2 / 3), pytest.approx(1 / 2))
    assert found.ranked == pytest.approx(5 / 6)


def test_what_has_no_opposite_is_not_a_number():
    found = agreement(np.array([0.9, 0.8]), np.array([True, True]), 0.5)
    assert found.right == found.held_if_good == 1
    assert np.isnan(found.held_if_bad)
    assert np.isnan(found.ranked)


def test_the_report_tells_of_labels_proposals_and_evaluator(tmp_path):
    data = generate_trials('jaw', tmp_path / 'data')
    evaluator = shipped_jaw() / 'evaluator.onnx'
    text = report_trials(tmp_path / 'out', data, evaluator, lambda items, what, total: items)
    facts = json.loads((tmp_path / 'out' / 'report.json').read_text())
    assert facts['trials'] > 0
    for name in ('label', 'proposal', 'evaluator'):
        assert 0 <= facts[name]['right'] <= 1
        assert name in text
    assert (tmp_path / 'out' / 'calibration.png').stat().st_size > 0
