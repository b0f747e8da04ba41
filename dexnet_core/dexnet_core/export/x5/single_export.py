"""Export of single-graph networks for the board: views, crops and evaluators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from dexnet_core.export.x5.equalising import equalised
from dexnet_core.export.x5.evaluator_planners import evaluating_planner, with_other_contexts
from dexnet_core.export.x5.lowering import board_form, lowered
from dexnet_core.export.x5.recorded_inputs import Recorder
from dexnet_core.export.x5.reordering import resized_first
from dexnet_core.export.x5.simulation import plan_of
from dexnet_core.export.x5.toolchain import BoardNetwork, Sample, wide_nodes
from dexnet_core.export.x5.x5_folder import Export
from dexnet_core.io.files.depth_images import DepthImage
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.contracts.evaluator_contracts import EvaluatorContract
from dexnet_core.planning.contracts.stored_contract import Contract, contract_to_json, METADATA_KEY
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.networks.fixed_graph import FixedGraph, LOGITS
from dexnet_core.planning.networks.graph import OnnxGraph
from dexnet_core.planning.networks.model_file import ModelFile, start_session
from dexnet_core.planning.networks.session import CropSession, NetworkSession
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import DEXNET_JAW, scorer_of
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import onnx

MOST_SAMPLES = 100
"""Number of calibration samples, as the toolchain's documentation recommends."""
_USE = 'dexnet plan {planner} --model {model} --depth F --camera C --out DIR'
_LAST_UPSAMPLING = 'to_half'
_PLANNERS = {'suction': 'suction', 'parallel_jaw': 'jaw'}


def board_view_network(source: Path, contract: Contract, size: tuple[int, int]) -> onnx.ModelProto:
    """Return an exported view network in board form.

    Args:
        source: ONNX file for ONNX Runtime.
        contract: Contract of the file, of any type.
        size: Rows and columns of the largest view.

    Raises:
        ValueError: The network is no view network, the size is no multiple of the contract's, or
            the graph cannot be converted.
    """
    if not isinstance(contract, ModelContract):
        got = f'{contract.name} {contract.version} with a {type(contract).__name__}'
        raise ValueError(f'{source} is no view network: got {got}, expected a ModelContract')
    if any(side % contract.multiple or side < 1 for side in size):
        raise ValueError(f'size is {size}, expected multiples of {contract.multiple}')
    model = onnx.load(source)
    (view,) = model.graph.input
    channels = view.type.tensor_type.shape.dim[1].dim_value
    return board_form(lowered(model, {view.name: (1, channels, *size)}), [LOGITS])


def single_export(
    name: str,
    model: onnx.ModelProto,
    contract: Contract,
    images: Iterable[DepthImage],
    wide: Sequence[str] | None = None,
) -> Export:
    """Return the export of a single-graph network.

    Args:
        name: Base name of the files.
        model: Graph in board form.
        contract: Contract of the network.
        images: Images for calibration.
        wide: Parts of the names of nodes with 16-bit inputs; None: those that need them, see
            `_usual_wide`.

    Raises:
        ValueError: The planner ran the network on no image, or no node name contains a part.
    """
    wide = _usual_wide(model, contract) if wide is None else wide
    text, named = contract_to_json(contract), wide_nodes({name: model}, wide)
    samples = recorded(model, contract, images)
    model = resized_first(equalised(model, samples))
    onnx.helper.set_model_props(model, {METADATA_KEY: text})
    evaluates = isinstance(contract, EvaluatorContract)
    opened = 'grasping  # beside proposals' if evaluates else f'grasping/{name}.bin'
    use = _USE.format(planner=_PLANNERS[contract.gripper], model=opened)
    network = BoardNetwork(name, model, samples, evaluates, named[name])
    return Export(contract.name, [network], (f'{name}.json', text), use)


def _usual_wide(model: onnx.ModelProto, contract: Contract) -> Sequence[str]:
    """Return the parts of the names of nodes that have 16-bit inputs by default.

    With 8 bits at the last upsampling, all logits of suction are about 0.08 too high.
    """
    is_suction = isinstance(contract, ModelContract) and contract.gripper == 'suction'
    has_nodes = any(_LAST_UPSAMPLING in node.name for node in model.graph.node)
    return (_LAST_UPSAMPLING,) if is_suction and has_nodes else ()


def recorded(
    model: onnx.ModelProto, contract: Contract, images: Iterable[DepthImage]
) -> Sequence[Sample]:
    """Return the inputs of the network while a planner runs, at most about MOST_SAMPLES."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / 'model.onnx'
        onnx.save(model, path)
        recorder = Recorder(OnnxGraph(start_session(path, 1)), MOST_SAMPLES)
        opened = ModelFile(path, contract, FixedGraph(recorder, contract))
        prepare = _evaluating if isinstance(contract, EvaluatorContract) else _scoring
        run = prepare(opened)
        recorder.samples.clear()
        for image in images:
            run(image)
    if isinstance(contract, EvaluatorContract):
        return with_other_contexts(recorder.samples, contract)
    return recorder.samples


def _evaluating(model: ModelFile) -> Callable[[DepthImage], object]:
    """Return a function that evaluates all grasp proposals of an image."""
    planner = evaluating_planner(model)
    return lambda image: plan_of(planner, image)


def _scoring(model: ModelFile) -> Callable[[DepthImage], object]:
    """Return a function that scores an image with a view or crop network."""
    of_crops = isinstance(model.contract, CropContract)
    session = CropSession(model) if of_crops else NetworkSession(model)
    cells = DEXNET_JAW if of_crops and model.contract.gripper != 'suction' else None
    scorer = scorer_of(session, cells)

    def score(image: DepthImage) -> None:
        segmented = segment_scene(of_image(*image), PlannerSettings()).image
        if segmented.objects.any():
            scorer.score(scorer.prepare(segmented))

    return score
