"""The contract that is stored in each graph of an exported GraspNet."""

from __future__ import annotations

from dataclasses import dataclass, field

from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.stages import GraspNetDesign
from dexnet_core.planning.values.json_values import json_text, json_values
from dexnet_core.planning.values.typed_values import typed_values

FORMAT = 3
METADATA_KEY = 'dexnet.graspnet'
WEIGHTS_KEY = 'dexnet.weights'
"""Key of metadata that is the same in all graphs of a network and differs between networks."""


@dataclass(frozen=True)
class GraspNetContract:
    """Name, scales and sizes of an exported GraspNet.

    Attributes:
        name: Name of the network and of the data it was trained on.
        version: Version of the weights.
        constants: Scales of the outputs.
        design: Sizes, radii and numbers of samples; `stages.graphs` returns the graphs for it.
        format: Version of this contract; a runtime refuses unknown versions.
    """

    name: str
    version: str
    constants: GraspNetConstants = field(default_factory=GraspNetConstants)
    design: GraspNetDesign = field(default_factory=GraspNetDesign)
    format: int = FORMAT


def contract_to_json(contract: GraspNetContract) -> str:
    """Return the text that is stored in a graph."""
    return json_text(contract)


def contract_from_json(text: str) -> GraspNetContract:
    """Read the text that is stored in a graph.

    Raises:
        ValueError: The text is not a contract, has another format, or a field is missing, unknown
            or of a wrong type.
    """
    values = json_values(text, 'GraspNet contract')
    if values.get('format') != FORMAT:
        got = values.get('format')
        raise ValueError(f'GraspNet contract has format {got}, this runtime knows {FORMAT}')
    return typed_values(GraspNetContract, values, 'GraspNet contract', needs_every_key=True)
