"""The network that this project is measured against is the published one."""

from dexnet_core.models.original import OriginalHighResolution
import pytest
import torch


@pytest.fixture(scope='module')
def network():
    torch.manual_seed(0)
    return OriginalHighResolution().eval()


def test_it_has_eighteen_million_parameters(network):
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == pytest.approx(18e6, rel=0.02)


@torch.inference_mode()
def test_high_resolution_is_the_base_map_at_its_four_shifts(network):
    image = torch.randn(1, 1, 37, 42)
    quality = network(image)
    assert quality.shape == (1, 1, 37 - 31, 42 - 31)
    for down in range(2):
        for right in range(2):
            base = network.layers(image[:, :, down:, right:])
            part = quality[:, :, down::2, right::2]
            rows, columns = part.shape[2:]
            torch.testing.assert_close(part, base[:, :, :rows, :columns])
