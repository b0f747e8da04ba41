"""Dex-Net's networks have the published layers, and their forms agree with each other."""

from dexnet_core.evaluation.reports.padding import difference
from dexnet_core.evaluation.sliding_window import slide
from dexnet_core.models.conversion import to_heatmap
from dexnet_core.models.gqcnn import (
    CENTRED_CROP,
    CentredFCGQCNN,
    DexNetFCGQCNN,
    DexNetGQCNN,
    DexNetHighResolution,
)
import pytest
import torch

PUBLISHED = {
    'conv1.weight': (64, 1, 7, 7), 'conv1.bias': (64,),
    'conv2.weight': (64, 64, 5, 5), 'conv2.bias': (64,),
    'conv3.weight': (64, 64, 3, 3), 'conv3.bias': (64,),
    'conv4.weight': (64, 64, 3, 3), 'conv4.bias': (64,),
}  # fmt: skip
FULL = {
    'fc.weight': (1024, 16384), 'fc.bias': (1024,),
    'fc2.weight': (1024, 1024), 'fc2.bias': (1024,),
    'fc3.weight': (1, 1024), 'fc3.bias': (1,),
}  # fmt: skip
CONVOLVED = {
    'conv5.weight': (1024, 64, 16, 16), 'conv5.bias': (1024,),
    'conv6.weight': (1024, 1024, 1, 1), 'conv6.bias': (1024,),
    'conv7.weight': (1, 1024, 1, 1), 'conv7.bias': (1,),
}  # fmt: skip
BORDER = 5  # cells of a shifted map that see the zero padding at the top and left of the shift


@pytest.fixture(scope='module')
def crop_network():
    """With answers that differ from place to place: random weights alone give 0.5 anywhere."""
    torch.manual_seed(0)
    network = DexNetGQCNN().eval()
    for layer in network.children():
        layer.weight.data.mul_(1.7)
    return network


@pytest.fixture(scope='module')
def heatmap_network(crop_network):
    return to_heatmap(crop_network)


@pytest.fixture(scope='module')
def fine_network(heatmap_network):
    network = DexNetHighResolution().eval()
    network.load_state_dict(heatmap_network.state_dict())
    return network


def slid(network, image, stride):
    """Return the qualities of a crop network at every place of an (H, W) image, as an array."""

    def quality(crops):
        return network(torch.tensor(crops)).numpy()

    return slide(quality, image.numpy(), 32, stride)


def images(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ('kind', 'layers'),
    [
        (DexNetGQCNN, {**PUBLISHED, **FULL}),
        (DexNetFCGQCNN, {**PUBLISHED, **CONVOLVED}),
        (DexNetHighResolution, {**PUBLISHED, **CONVOLVED}),
        (CentredFCGQCNN, {**PUBLISHED, **CONVOLVED}),
    ],
)
def test_layers_are_the_published_ones(kind, layers):
    with torch.device('meta'):
        state = kind().state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == layers


def test_crop_network_has_eighteen_million_parameters(crop_network):
    assert sum(parameter.numel() for parameter in crop_network.parameters()) == 18_008_385


@torch.inference_mode()
def test_crop_network_is_what_its_layers_say(crop_network):
    """The published forward pass, spelt out once more with other means."""
    crops = images(3, 1, 32, 32)
    weights = crop_network.state_dict()

    def conv(x, name):
        weight = weights[f'{name}.weight']
        return torch.conv2d(x, weight, weights[f'{name}.bias'], padding='same').clamp(min=0)

    def lrn(x):  # channel k and the one before it, alpha over both
        squares = x**2 + torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1] ** 2], dim=1)
        return x / (1 + 2e-5 / 2 * squares) ** 0.75

    x = lrn(conv(conv(crops, 'conv1'), 'conv2'))
    x = x.reshape(3, 64, 16, 2, 16, 2).amax(dim=(3, 5))
    x = lrn(conv(conv(x, 'conv3'), 'conv4')).reshape(3, -1)
    for name in ('fc', 'fc2'):
        x = (x @ weights[f'{name}.weight'].T + weights[f'{name}.bias']).clamp(min=0)
    x = x @ weights['fc3.weight'].T + weights['fc3.bias']
    torch.testing.assert_close(crop_network(crops), torch.sigmoid(x)[:, 0])
    torch.testing.assert_close(crop_network.logits(crops), x[:, 0])
    assert crop_network(crops).std() > 1e-3


@torch.inference_mode()
def test_heatmap_of_a_crop_is_the_crop_network(crop_network, heatmap_network):
    crops = images(4, 1, 32, 32)
    quality = heatmap_network(crops)
    assert quality.shape == (4, 1, 1, 1)
    torch.testing.assert_close(quality[:, 0, 0, 0], crop_network(crops))


@pytest.mark.parametrize('size', [(32, 32), (33, 40), (47, 38)])
@torch.inference_mode()
def test_heatmap_has_a_cell_for_every_second_crop(crop_network, heatmap_network, size):
    batch = images(2, 1, *size)
    cells = (size[0] // 2 - 15, size[1] // 2 - 15)
    assert heatmap_network(batch).shape == (2, 1, *cells)
    assert slid(crop_network, batch[0, 0], stride=2).shape == cells


@pytest.mark.parametrize('size', [(33, 33), (50, 49), (49, 50), (54, 52)])
@torch.inference_mode()
def test_high_resolution_is_the_heatmap_at_its_four_shifts(fine_network, heatmap_network, size):
    """Everywhere but in the first five rows or columns of cells of a shift that begins later:

    there the base map sees zeros beyond the pixels that the shift cut off, and the
    high-resolution one sees those pixels. All other cells agree, up to every other border.
    """
    batch = images(1, 1, *size)
    quality = fine_network(batch)
    assert quality.shape == (1, 1, size[0] - 31, size[1] - 31)
    for down in range(2):
        for right in range(2):
            part = quality[:, :, down::2, right::2]
            base = heatmap_network(batch[:, :, down:, right:])
            assert part.shape == base.shape
            free = (..., slice(BORDER * down, None), slice(BORDER * right, None))
            torch.testing.assert_close(part[free], base[free])


@torch.inference_mode()
def test_border_of_the_shifts_is_no_wider_than_needed(fine_network, heatmap_network):
    batch = images(1, 1, 54, 54)
    part = fine_network(batch)[0, 0, 1::2, ::2]
    base = heatmap_network(batch[:, :, 1:])[0, 0]
    apart = (part - base).abs().amax(dim=1)
    assert (apart[:BORDER] > 1e-7).all()


@torch.inference_mode()
def test_middle_cell_of_a_centred_crop_sees_no_padding(heatmap_network):
    centred = CentredFCGQCNN().eval()
    centred.load_state_dict(heatmap_network.state_dict())
    image = images(1, 1, 72, 76)
    crop = image[:, :, 10 : 10 + CENTRED_CROP, 14 : 14 + CENTRED_CROP]
    logits = centred.logits(crop)
    assert logits.shape == (1,)
    torch.testing.assert_close(logits[0], heatmap_network.logits(image)[0, 0, 10, 12])
    torch.testing.assert_close(logits[0], heatmap_network.logits(crop)[0, 0, 5, 5])
    torch.testing.assert_close(logits[0], centred.logits(image[:, :, 6:66, 10:70])[0])


@torch.inference_mode()
def test_a_smaller_centred_crop_would_see_padding(heatmap_network):
    image = images(1, 1, 72, 72)
    inner = heatmap_network.logits(image[:, :, 12:60, 12:60])[0, 0, 4, 4]
    assert (inner - heatmap_network.logits(image)[0, 0, 10, 10]).abs() > 1e-6


@torch.inference_mode()
def test_converted_map_differs_from_the_sliding_window_by_the_padding(
    crop_network, heatmap_network
):
    """The crop network's convolutions see zeros around each crop, the map sees the image."""
    image = images(40, 44)
    whole = heatmap_network(image[None, None])[0, 0].numpy()
    found = difference(whole, slid(crop_network, image, stride=2))
    assert 1e-6 < found.mean <= found.p95 <= found.most
    assert found.correlation < 1


def test_poses_join_and_leave_the_published_layers_alone():
    torch.manual_seed(0)
    network = DexNetGQCNN(pose_inputs=2).eval()
    plain = DexNetGQCNN().eval()
    assert set(plain.state_dict()) < set(network.state_dict())
    plain.load_state_dict({name: network.state_dict()[name] for name in plain.state_dict()})
    crops, poses = images(3, 1, 32, 32), images(3, 2)
    with torch.inference_mode():
        assert network(crops, poses).shape == (3,)
        assert (network.logits(crops, poses) - network.logits(crops, poses + 1)).abs().min() > 0
        network.pose_to_fc2.weight.zero_()
        torch.testing.assert_close(network(crops, poses), plain(crops))
    with pytest.raises(ValueError, match='takes 2'):
        network(crops)
    with pytest.raises(ValueError, match='takes 0'):
        plain(crops, poses)
    with pytest.raises(ValueError, match='pose inputs'):
        to_heatmap(network)


@pytest.mark.parametrize(
    ('kind', 'shape'),
    [
        (DexNetFCGQCNN, (1, 1, 31, 40)),
        (DexNetFCGQCNN, (1, 3, 40, 40)),
        (DexNetHighResolution, (1, 1, 32, 40)),
        (CentredFCGQCNN, (1, 1, 48, 52)),
    ],
)
def test_images_that_are_too_small_are_refused(kind, shape):
    with torch.device('meta'):
        network = kind()
    with pytest.raises(ValueError, match='images are'):
        network(torch.zeros(shape, device='meta'))
