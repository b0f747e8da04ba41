"""Error messages for files that are not torch checkpoints, from their bytes, name and parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import re
import zipfile

_HEAD = 4096
_AGAIN = 'download or copy it again'
_SAVE_WEIGHTS = 'save the weights alone, torch.save(net.state_dict(), FILE)'
_MAGIC = (
    (b'version https://git-lfs', 'it is a Git LFS pointer, not the file: run git lfs pull'),
    (b'\x89HDF', f'it is an HDF5 file, as Keras writes: {_SAVE_WEIGHTS}, from torch'),
    (b'\x93NUMPY', f'it is an array of NumPy: {_SAVE_WEIGHTS}'),
    (b'\x1f\x8b', 'it is compressed by gzip: unpack it, and give the file of weights'),
    (b'7z\xbc\xaf', 'it is a 7z archive: unpack it, and give the file of weights'),
    (b'Rar!', 'it is a RAR archive: unpack it, and give the file of weights'),
    (b'model_checkpoint_path', 'it is the index of a TensorFlow checkpoint'),
)
_TENSORFLOW = re.compile(r'\.(index|meta|pb|data-\d+-of-\d+)$')
_TO_TORCH = f'this reads weights of PyTorch; in torch, {_SAVE_WEIGHTS}'
_ONNX = 'it is an ONNX file, which is what an export writes; this reads weights of PyTorch'
_SAFETENSORS = (
    'it is a safetensors file; turn it into one of torch: '
    "torch.save(safetensors.torch.load_file(FILE), 'weights.pt')"
)
_TORCHSCRIPT = (
    'it is a TorchScript archive, which is code; '
    "torch.save(torch.jit.load(FILE).state_dict(), 'weights.pt') where you trust it"
)
_PAGE = re.compile(rb'\s*<(!doctype|html|\?xml|head|script)', re.IGNORECASE)
_LEGACY = b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'  # torch before version 1.6
_TAR, _TAR_AT = b'ustar', 257
_NAMED = 3


def is_tensorflow(path: Path) -> bool:
    """Return whether a path is a TensorFlow checkpoint: a file, a folder or the common name."""
    names = [file.name for file in path.iterdir()] if path.is_dir() else [path.name]
    index = path.with_name(f'{path.name}.index')
    return index.exists() or any(_TENSORFLOW.search(name) for name in names)


def refusal(path: Path, blocked: Sequence[str], error: Exception) -> str:
    """Return the reason why torch cannot read a file, and the remedy, in one line.

    Args:
        path: Path of the file.
        blocked: Classes and functions that the file requires, as 'module.name', outermost first;
            empty if unknown.
        error: Exception of torch.
    """
    if is_tensorflow(path):
        return f'it is (a part of) a TensorFlow checkpoint; {_TO_TORCH}'
    if path.is_dir():
        return 'it is a folder: give the file of weights in it'
    head = _head(path)
    found = _by_bytes(head) or _by_layout(path, head, blocked)
    if found:
        return found
    lines = str(error).split('\n')
    return f'it is not a file of torch.save ({lines[0][:120] or type(error)})'


def _head(path: Path) -> bytes:
    with path.open('rb') as file:
        return file.read(_HEAD)


def _by_bytes(head: bytes) -> str | None:
    if not head:
        return f'it is empty: {_AGAIN}'
    if _PAGE.match(head):
        return 'it is a web page, which was saved in place of the file: download the file itself'
    if head[_TAR_AT:].startswith(_TAR):
        return 'it is a tar archive: unpack it, and give the file of weights'
    if head[8:9] == b'{' and int.from_bytes(head[:8], 'little') < 1 << 32:
        return _SAFETENSORS
    return next((reason for magic, reason in _MAGIC if head.startswith(magic)), None)


def _by_layout(path: Path, head: bytes, blocked: Sequence[str]) -> str | None:
    """Return the reason for a zip archive, a pickle, an ONNX file or a text file."""
    if head.startswith(b'PK'):
        return _of_archive(path, blocked)
    if path.suffix == '.onnx' or (head.startswith(b'\x08') and b'pytorch' in head):
        return _ONNX
    if head.startswith(b'\x80'):
        torch_wrote = head.startswith(_LEGACY)
        if blocked:
            return _of_blocked(blocked)
        return f'it is truncated: {_AGAIN}' if torch_wrote else f'it is a pickle: {_SAVE_WEIGHTS}'
    return 'it is text' if head.isascii() and b'\0' not in head else None


def _of_archive(path: Path, blocked: Sequence[str]) -> str:
    if not zipfile.is_zipfile(path):
        return f'it is truncated: {_AGAIN}'
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.endswith('constants.pkl') for name in names):
        return _TORCHSCRIPT
    if blocked:
        return _of_blocked(blocked)
    if any(name.endswith('data.pkl') for name in names):
        return f'it is damaged: {_AGAIN}'
    if names and all(name.endswith('.npy') for name in names):
        return f'it is a file of arrays of NumPy: {_SAVE_WEIGHTS}'
    return f'it is a zip archive of {_some(names)}: unpack it, and give the file of weights'


def _of_blocked(blocked: Sequence[str]) -> str:
    """Return the message for blocked classes; the class of the network comes first."""
    what = 'a whole network' if any('nn.modules' in name for name in blocked) else 'code'
    return (
        f'beside tensors it contains {what} ({_some(blocked)}), which is never run; load it where '
        f'it was created, and {_SAVE_WEIGHTS}'
    )


def _some(names: Sequence[str]) -> str:
    more = f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''
    return ', '.join(names[:_NAMED]) + more
