"""EfficientNet-B0 is the published architecture under the published names."""

from dexnet_core.models.efficientnet import EfficientNet
import pytest
import torch


@pytest.fixture(scope='module')
def network():
    torch.manual_seed(0)
    return EfficientNet()


def test_parameters_are_those_of_b0(network):
    count = sum(parameter.numel() for parameter in network.efficient_net.parameters())
    assert count == 5_288_548
    assert len(network.efficient_net.state_dict()) == 360


@pytest.mark.parametrize(
    ('name', 'shape'),
    [
        ('features.0.0.weight', (32, 3, 3, 3)),
        ('features.0.1.running_mean', (32,)),
        ('features.1.0.block.0.0.weight', (32, 1, 3, 3)),
        ('features.1.0.block.1.fc1.weight', (8, 32, 1, 1)),
        ('features.1.0.block.1.fc2.bias', (32,)),
        ('features.1.0.block.2.0.weight', (16, 32, 1, 1)),
        ('features.2.0.block.0.0.weight', (96, 16, 1, 1)),
        ('features.2.0.block.1.0.weight', (96, 1, 3, 3)),
        ('features.2.1.block.2.fc1.weight', (6, 144, 1, 1)),
        ('features.3.0.block.1.0.weight', (144, 1, 5, 5)),
        ('features.5.2.block.3.1.weight', (112,)),
        ('features.6.3.block.2.fc1.bias', (48,)),
        ('features.7.0.block.3.0.weight', (320, 1152, 1, 1)),
        ('features.8.0.weight', (1280, 320, 1, 1)),
        ('features.8.1.num_batches_tracked', ()),
        ('classifier.1.weight', (1000, 1280)),
    ],
)
def test_layers_have_the_published_names(network, name, shape):
    assert network.state_dict()[f'efficient_net.{name}'].shape == shape


def test_blocks_are_as_wide_as_published(network):
    stages = network.efficient_net.features
    assert [len(stage) for stage in stages[1:8]] == [1, 2, 2, 3, 3, 4, 1]
    strides = [block.block[-3][0].stride[0] for stage in stages[1:8] for block in stage]
    assert strides == [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    assert sum(block.short_cut for stage in stages[1:8] for block in stage) == 9


@torch.inference_mode()
def test_quality_is_the_first_of_two_softmax_channels(network):
    crops = torch.randn(2, 1, 32, 32)
    larger = torch.nn.functional.interpolate(crops, (224, 224), mode='bilinear')
    network.eval()
    seen = network.efficient_net(torch.cat([larger] * 3, dim=1))
    expected = torch.softmax(network.fc(seen), dim=1)[:, 0]
    torch.testing.assert_close(network(crops), expected)
    assert network.logits(crops).shape == (2,)


def test_only_training_skips_blocks_and_every_weight_learns(network):
    torch.manual_seed(1)
    crops = torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.equal(network.eval()(crops), network(crops))
    network.train()
    block = network.efficient_net.features[2][1]
    x = torch.randn(64, 24, 4, 4)
    with torch.no_grad():
        block.skipped = 0.5
        unchanged = (block(x) == x).flatten(1).all(dim=1).float().mean()
    assert 0.2 < unchanged < 0.8
    network.logits(crops).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@torch.inference_mode()
def test_smaller_images_are_a_setting():
    small = EfficientNet(96).eval()
    crops = torch.randn(2, 1, 32, 32)
    larger = torch.nn.functional.interpolate(crops, (96, 96), mode='bilinear')
    classes = small.fc(small.efficient_net(torch.cat([larger] * 3, dim=1)))
    torch.testing.assert_close(small(crops), torch.softmax(classes, dim=1)[:, 0])
