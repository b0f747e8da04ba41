"""Choices between the shipped evaluator and new ones."""

from pathlib import Path

from dexnet_core.workflows.making.network_choice import Candidate, Choice


def candidate(share, *figures):
    """A network with a share of new weights and its figures on the sets."""
    return Candidate(share, Path(f'{share}.onnx'), figures)


def loss(shipped, *made):
    """A choice of the evaluator by its log loss on grasps of parts and, if given, of objects."""
    sets = ('9 of parts', '5 of objects')[: len(shipped.figures)]
    return Choice('evaluator', 'Mean log loss', sets, shipped, made, greater_is_better=False)
