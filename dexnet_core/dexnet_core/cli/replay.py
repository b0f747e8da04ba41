"""`dexnet replay`: grasps on the frames of a recording."""

from __future__ import annotations

import argparse
from contextlib import contextmanager, ExitStack
from functools import partial
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    EXIT_STATUS,
    Kind,
    NO_GRASP,
    SubParsers,
)
from dexnet_core.cli.inputs import depth_scale_of, three_numbers
from dexnet_core.cli.plan_outputs import require_rerun
from dexnet_core.cli.planners import add_planner, gripper_of, settings_of, with_gripper
from dexnet_core.io.files.atomic import atomic_path, write_text
from dexnet_core.io.files.image_files import write_picture
from dexnet_core.io.messages.frames import CLOUD_FRAMES, IMAGE_FRAMES
from dexnet_core.io.messages.reading import Reading
from dexnet_core.planning.planners.planner import with_refused_places
from dexnet_core.planning.planners.planner_registry import planner_kinds, PlannerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dexnet_core.io.bags.bag_reader import Bag
    from dexnet_core.io.bags.replaying import Replay, Replayed
    from dexnet_core.io.bags.topics import Topics

_OPTION = '--planner'
_EXAMPLE = f"""dexnet replay suction my_bag --out out/replay
  dexnet replay jaw my_bag.mcap --depth-topic /camera/depth/image_rect_raw --every 10
  dexnet replay suction old.bag --cloud-topic /points --up 0,0,1 --out out/r --bag
  dexnet replay my_bag {_OPTION} suction                     {_OPTION} also names the planner"""
_STATUS = f'\n\n{EXIT_STATUS}\n\nHere {NO_GRASP} means that no frame has a grasp.'
_STORAGES = ('sqlite3', 'mcap')


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Plan grasps on the depth images or clouds of a ROS 1 or ROS 2 recording.'
    parser = add_command(commands, 'replay', None, summary, _EXAMPLE, _STATUS)
    add_kinds(parser, 'planner', (_kind(*item) for item in planner_kinds().items()), _OPTION)


def _kind(name: str, kind: PlannerKind) -> Kind:
    """Return the sub-parser of a planner."""
    return Kind(
        name,
        f'Plan grasps on the frames of a recording with the {with_gripper(name, kind)}.',
        f'dexnet replay {name} my_bag --out out/replay',
        run,
        (_add_recording, partial(add_planner, kind=kind), _add_outputs, _add_reading),
        _STATUS,
    )


def _add_recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'recording', type=Path, help='folder of a rosbag2, .mcap, .db3, or ROS 1 .bag'
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the options of how many frames are planned on and what is written."""
    parser.add_argument(
        '--every',
        type=int,
        metavar='N',
        help='plan on each Nth frame; without, on as many as there is time for within the length '
        'of the recording or a minute, whichever is longer',
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='DIR',
        help='folder for report.md, grasps.jsonl and sheet.png',
    )
    parser.add_argument(
        '--bag',
        nargs='?',
        const=_STORAGES[0],
        choices=_STORAGES,
        help='also write OUT/bag, a rosbag2 with dexnet_msgs/GraspArray on /grasps '
        f'(default storage: {_STORAGES[0]})',
    )
    parser.add_argument(
        '--rerun',
        type=Path,
        metavar='FILE.rrd',
        help='write frames, grasps and where candidates were refused for the viewer of Rerun',
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is read, and how."""
    group = parser.add_argument_group(
        'topics and frames', 'topics are found if there is only one of a kind'
    )
    group.add_argument(
        '--depth-topic', metavar='TOPIC', help='topic of depth images, raw or compressedDepth'
    )
    group.add_argument('--camera-topic', metavar='TOPIC', help='topic of their camera info')
    group.add_argument(
        '--cloud-topic', metavar='TOPIC', help='topic of point clouds, instead of depth images'
    )
    group.add_argument(
        '--depth-scale',
        type=float,
        metavar='METRES',
        help='metres per unit of depth; without, floating point is metres and integers are '
        'millimetres',
    )
    group.add_argument(
        '--rectify',
        action='store_true',
        help='remove the distortion of the lens that camera info describes',
    )
    group.add_argument(
        '--image-frame',
        choices=IMAGE_FRAMES,
        default='auto',
        help='axes of the frame that images are stamped with (default: %(default)s)',
    )
    group.add_argument(
        '--cloud-frame',
        choices=CLOUD_FRAMES,
        help='axes of the frame that clouds are in (default: z_up with --up, else auto)',
    )
    group.add_argument(
        '--up', metavar='X,Y,Z', help='direction against gravity in the frame of the headers'
    )


def run(args: argparse.Namespace) -> int:
    """Plan on the frames, print the report, and write what is asked for.

    Returns:
        0, or NO_GRASP where no frame has a grasp.
    """
    from dexnet_core.io.bags.bag_reader import open_bag
    from dexnet_core.io.bags.replaying import Replay
    from dexnet_core.io.bags.topics import find_topics, Wanted

    _require_options(args)
    kind = planner_kinds()[args.planner]
    up, reading = three_numbers('--up', args.up), _reading(args)
    settings, gripper = settings_of(args, kind), gripper_of(args, kind)
    with open_bag(args.recording) as bag:
        wanted = Wanted(args.depth_topic, args.camera_topic, args.cloud_topic)
        topics = find_topics(bag, wanted)
        planner = kind.load(args.model, settings, gripper=gripper)
        if args.rerun is not None:
            planner = with_refused_places(planner)
        replay = Replay(bag, topics, planner, reading, up)
        camera = f' with {topics.camera}' if topics.camera else ''
        sys.stderr.write(
            f'dexnet: planning on {topics.seen.name}{camera}: {topics.seen.messages} frames, '
            f'{bag.duration_s:.0f} s\n'
        )
        found = _play(args, bag, topics, replay)
    return 0 if found else NO_GRASP


def _require_options(args: argparse.Namespace) -> None:
    """Raise ValueError if options do not go together, or cannot be done here."""
    if args.every is not None and args.every < 1:
        raise ValueError(f'--every is {args.every}, expected at least 1')
    if args.bag and args.out is None:
        raise ValueError('--bag needs --out, where the bag is written')
    if args.rerun is not None:
        require_rerun(args.rerun)


def _reading(args: argparse.Namespace) -> Reading:
    told = args.cloud_frame or ('auto' if args.up is None else 'z_up')
    return Reading(depth_scale_of(args), args.rectify, args.image_frame, told)


def _play(args: argparse.Namespace, bag: Bag, topics: Topics, replay: Replay) -> bool:
    """Replay, write and print; return whether any frame has a grasp.

    Raises:
        KeyboardInterrupt: Ctrl-C; what was done until then is written all the same.
    """
    from dexnet_core.io.bags.replay_report import outcome_of, replay_report
    from dexnet_core.io.bags.replay_sheet import ContactSheet

    sheet, outcomes = ContactSheet(bag.start_ns, bag.duration_s), []
    stopped: KeyboardInterrupt | None = None
    with _writers(args) as writers:
        try:
            for replayed in replay.run(args.every or 0):
                outcomes.append(outcome_of(replayed))
                for write in (*writers, *([sheet.add] if args.out else [])):
                    write(replayed)
        except KeyboardInterrupt as error:
            stopped, replay.ended = error, 'with Ctrl-C'
    report = replay_report(_facts(args, bag, topics, replay), outcomes)
    print(report, end='')  # noqa: T201
    if args.out is not None:
        write_text(args.out / 'report.md', report)
        if outcomes:
            write_picture(args.out / 'sheet.png', sheet.picture())
    if stopped is not None:
        raise stopped
    return any(outcome.grasps for outcome in outcomes)


def _facts(
    args: argparse.Namespace, bag: Bag, topics: Topics, replay: Replay
) -> list[tuple[str, Any]]:
    """Return the first rows of the report."""
    facts = [
        ('recording', args.recording),
        ('topic', topics.seen.name),
        ('camera info', topics.camera or '-'),
        ('planner', f'{args.planner}, {replay.model}'),
        ('recorded', f'{bag.duration_s:.1f} s'),
        ('frames', topics.seen.messages),
        ('planned on', f'every {args.every}' if args.every else 'as many as there was time for'),
    ]
    return [*facts, ('stopped', replay.ended)] if replay.ended else facts


@contextmanager
def _writers(args: argparse.Namespace) -> Iterator[list[Callable[[Replayed], object]]]:
    """Yield what writes each answer to the files that are asked for."""
    writers: list[Callable[[Replayed], object]] = []
    with ExitStack() as stack:
        if args.out is not None:
            from dexnet_core.io.bags.replay_report import json_line

            scratch = stack.enter_context(atomic_path(args.out / 'grasps.jsonl'))
            lines = stack.enter_context(scratch.open('w'))
            writers.append(lambda replayed: lines.write(json_line(replayed)))
        if args.bag:
            from dexnet_core.io.bags.bag_writer import plan_bag

            writers.append(stack.enter_context(plan_bag(args.out / 'bag', args.bag)).write)
        if args.rerun is not None:
            from dexnet_core.io.viewer.rerun_recording import recording

            stream = stack.enter_context(recording(args.rerun))
            writers.append(lambda replayed: _log(stream, replayed))
        yield writers


def _log(stream: Any, replayed: Replayed) -> None:  # noqa: ANN401
    """Log a frame for Rerun; one that cannot be read has nothing to show."""
    from dexnet_core.io.viewer.rerun_recording import log_plan, Moment

    if replayed.observation is not None:
        moment = Moment(replayed.frame.number, replayed.stamp_ns / 1e9)
        log_plan(stream, replayed.observation, replayed.plan, moment)
