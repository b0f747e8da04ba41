"""Selection of the topics of a bag to plan on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.io.bags.bag_reader import Bag, CAMERA_INFO, CLOUD, COMPRESSED, IMAGE, Topic
from dexnet_core.io.messages.compressed import is_compressed_depth
from dexnet_core.io.messages.image_messages import DEPTH_ENCODINGS

_CAMERA_INFO = 'camera_info'


class Wanted(NamedTuple):
    """Topics that the user names; None = find the topic in the bag."""

    depth: str | None = None
    camera: str | None = None
    cloud: str | None = None


class Topics(NamedTuple):
    """Topics to plan on.

    Attributes:
        seen: Topic of the depth images or clouds.
        camera: Name of the camera info topic of the depth images; empty for clouds.
    """

    seen: Topic
    camera: str = ''


def find_topics(bag: Bag, wanted: Wanted) -> Topics:
    """Return the topics that the user named, and find the others in the bag.

    Depth images are recognised by the encoding or format of their first message, and are
    preferred to clouds. Their camera info topic is the one in the same namespace, as
    image_transport names it, or the only one of the bag.

    Raises:
        ValueError: A topic is missing, has another type, or is ambiguous.
    """
    if wanted.cloud is not None:
        if wanted.depth is not None or wanted.camera is not None:
            raise ValueError('give either --cloud-topic, or --depth-topic with --camera-topic')
        return Topics(_named(bag, wanted.cloud, '--cloud-topic', (CLOUD,)))
    if wanted.depth is not None:
        seen = _named(bag, wanted.depth, '--depth-topic', (IMAGE, COMPRESSED))
        return Topics(seen, _camera(bag, seen, wanted.camera))
    images = [topic for topic in bag.topics if _shows_depth(bag, topic)]
    if images:
        seen = _only(images, '--depth-topic')
        return Topics(seen, _camera(bag, seen, wanted.camera))
    clouds = [topic for topic in bag.topics if topic.type == CLOUD]
    if not clouds or wanted.camera is not None:
        raise ValueError(f'the bag has no depth image. It has {_list(bag.topics)}')
    return Topics(_only(clouds, '--cloud-topic'))


def _camera(bag: Bag, image: Topic, named: str | None) -> str:
    """Return the name of the camera info topic of an image topic."""
    if named is not None:
        return _named(bag, named, '--camera-topic', (CAMERA_INFO,)).name
    infos = [topic for topic in bag.topics if topic.type == CAMERA_INFO]
    if not infos:
        raise ValueError(
            f'the bag has no camera info for {image.name}. It has {_list(bag.topics)}: record '
            f'{_CAMERA_INFO} too'
        )
    places = _places(image.name)
    for topic in infos:
        if topic.name.rpartition('/')[0] in places and topic.name.endswith(f'/{_CAMERA_INFO}'):
            return topic.name
    return _only(infos, '--camera-topic').name


def _places(image: str) -> tuple[str, ...]:
    """Return the namespaces of possible camera info topics of an image, most likely first.

    The camera info of `depth/image_raw/compressedDepth` is in the namespace of `depth/image_raw`.
    """
    parts = image.split('/')
    return '/'.join(parts[:-1]), '/'.join(parts[:-2])


def _shows_depth(bag: Bag, topic: Topic) -> bool:
    """Return whether the first message of a topic is a depth image."""
    if topic.type not in (IMAGE, COMPRESSED):
        return False
    try:
        first = bag.message(next(bag.records([topic.name])))
    except (ValueError, StopIteration):
        return False
    if topic.type == COMPRESSED:
        return is_compressed_depth(first)
    return first.encoding in DEPTH_ENCODINGS


def _named(bag: Bag, name: str, option: str, types: Sequence[str]) -> Topic:
    """Return a topic by its name, with or without the leading slash."""
    alike = [topic for topic in bag.topics if topic.name.strip('/') == name.strip('/')]
    right = [topic for topic in alike if topic.type in types]
    if right:
        return right[0]
    if alike:
        got = f'{option} {name} has type {alike[0].type}'
        raise ValueError(f'{got}, expected {" or ".join(types)}')
    others = [topic for topic in bag.topics if topic.type in types] or bag.topics
    raise ValueError(f'{option} {name} is not in the bag, which has {_list(others)}')


def _only(topics: Sequence[Topic], option: str) -> Topic:
    if len(topics) > 1:
        raise ValueError(f'several topics match: choose with {option} from {_list(topics)}')
    return topics[0]


def _list(topics: Sequence[Topic]) -> str:
    return ', '.join(f'{topic.name} ({topic.messages} {topic.type})' for topic in topics) or 'none'
