"""What makes data and networks: needs the generate and train packages."""

import pytest

for _library in ('trimesh', 'mujoco', 'torch'):
    pytest.importorskip(_library, reason=f'{_library} is not here: ./setup.sh --with-train')


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny networks on busy machines lose more by waiting for threads than they win."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
