"""The cheap forms of the enlarging layers are the same functions as the plain ones, gradients included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from bench.models.autoencoders.layers import Conv, TransposedConv, UpsampledConv

if TYPE_CHECKING:
    from bench.models.autoencoders.layers import Mode


def values_and_gradients(layer: nn.Module, parameters: list[nn.Parameter], images: Tensor) -> list[Tensor]:
    """Output, input gradient and parameter gradients of a loss that weighs every output pixel differently."""
    images = images.clone().requires_grad_()
    output = layer(images)
    weights = torch.linspace(-1, 1, output.numel(), dtype=output.dtype).view_as(output)
    return [output.detach(), *torch.autograd.grad((output * weights).sum(), [images, *parameters])]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize(("channels_in", "channels_out"), [(8, 1), (3, 2)])
def test_upsampled_convolution_is_upsample_then_convolve(mode: Mode, channels_in: int, channels_out: int) -> None:
    """In float64 both forms agree to rounding, at the border too."""
    layer = UpsampledConv(channels_in, channels_out, mode).double()
    align = {} if mode == "nearest" else {"align_corners": False}
    plain = nn.Sequential(nn.Upsample(scale_factor=2, mode=mode, **align), layer.conv)
    images = torch.rand(2, channels_in, 5, 7, dtype=torch.float64)
    parameters = list(layer.conv.parameters())
    found = values_and_gradients(layer, parameters, images)
    for one, other in zip(found, values_and_gradients(plain, parameters, images), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("stride", "extra", "relu"), [(2, 0, True), (2, 1, False), (3, 1, True)])
def test_transposed_convolution_is_torchs_own(stride: int, extra: int, relu: bool) -> None:  # noqa: FBT001 - a case
    """Adding the bias afterwards changes nothing but the time; ReLU follows where it is asked for."""
    layer = TransposedConv(4, 3, stride, extra, relu=relu).double()
    plain = nn.ConvTranspose2d(4, 3, 3, stride=stride, padding=1, output_padding=extra).double()
    plain.load_state_dict(layer.state_dict())
    same_function(layer, nn.Sequential(plain, nn.ReLU() if relu else nn.Identity()), plain)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_convolution_is_torchs_own_with_relu(stride: int) -> None:
    """One module, the same values and gradients as two."""
    layer = Conv(4, 3, stride).double()
    plain = nn.Conv2d(4, 3, 3, stride=stride, padding=1).double()
    plain.load_state_dict(layer.state_dict())
    same_function(layer, nn.Sequential(plain, nn.ReLU()), plain)


def same_function(layer: nn.Module, expected: nn.Module, plain: nn.Module) -> None:
    """Both give equal outputs and gradients in float64."""
    images = torch.rand(2, 4, 7, 7, dtype=torch.float64)
    found = values_and_gradients(layer, list(layer.parameters()), images)
    for one, other in zip(found, values_and_gradients(expected, list(plain.parameters()), images), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
