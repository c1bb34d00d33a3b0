"""The convolutions of Tables 1 and 2, computed so that they cost less than their plain form and give the same function."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

from bench.training.branches import Kind, convolve

Mode = Literal["nearest", "bilinear"]
FACTOR = 2


class Conv(nn.Conv2d):
    """A 3 x 3 convolution with padding 1 and its ReLU; one module, as at batch size 32 each call into a module counts."""

    activation = "ReLU"

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        """The parameters are those of ``nn.Conv2d``."""
        super().__init__(channels_in, channels_out, 3, stride=stride, padding=1)
        self.kind = Kind((stride, stride), (1, 1))

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) float32 to (N, C', H', W')."""
        assert self.bias is not None  # noqa: S101 - no layer here goes without
        return convolve(images, self.weight, self.bias, self.kind).relu_()


class TransposedConv(nn.ConvTranspose2d):
    """A 3 x 3 transposed convolution with padding 1, then ReLU where ``relu`` says so."""

    def __init__(self, channels_in: int, channels_out: int, stride: int, extra: int = 0, *, relu: bool = True) -> None:
        """``extra`` is the output padding; the parameters are those of ``nn.ConvTranspose2d``."""
        super().__init__(channels_in, channels_out, 3, stride=stride, padding=1, output_padding=extra)
        self.kind = Kind((stride, stride), (1, 1), (extra, extra))
        self.activation = "ReLU" if relu else None

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(N, C, H, W) float32 to (N, C', H', W'); ``output_size`` is refused, as no table asks for it."""
        assert output_size is None  # noqa: S101 - every layer here states its output padding
        assert self.bias is not None  # noqa: S101 - nor does any layer here go without
        enlarged = convolve(images, self.weight, self.bias, self.kind)
        return enlarged.relu_() if self.activation else enlarged


class UpsampledConv(nn.Module):
    """Table 1's Decoder 5: upsample by two, then a 3 x 3 convolution with padding 1.

    After nearest-neighbour doubling, each 3 x 3 window covers only 2 x 2 source pixels, so each of the four output
    phases is a convolution of the small image with summed weights. Same function, same parameters; it moves an
    eighth of the data, and the sums differ from the two-step form in the last bit only.
    """

    phases: Tensor

    def __init__(self, channels_in: int, channels_out: int, mode: Mode) -> None:
        """The only parameters are those of ``conv``."""
        super().__init__()
        self.mode: Mode = mode
        self.conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.register_buffer("phases", _phase_weights(), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) float32 to (N, C', 2H, 2W)."""
        if self.mode == "bilinear":
            larger = F.interpolate(images, scale_factor=FACTOR, mode="bilinear", align_corners=False)
            convolved: Tensor = self.conv(larger)
            return convolved
        channels_out, channels_in = self.conv.weight.shape[:2]
        weights = (self.conv.weight.reshape(-1, 9) @ self.phases).view(channels_out, channels_in, FACTOR**2, 3, 3)
        stacked = weights.transpose(1, 2).reshape(channels_out * FACTOR**2, channels_in, 3, 3)
        biases = None if self.conv.bias is None else self.conv.bias.repeat_interleave(FACTOR**2)
        return F.pixel_shuffle(F.conv2d(images, stacked, biases, padding=1), FACTOR)


def _phase_weights() -> Tensor:
    """(9, 4 * 9) float32 of zeros and ones: which tap of the large kernel falls on which tap of each phase's kernel."""
    rows = torch.zeros(FACTOR, 3, 3)  # phase, tap on the large image, tap on the small one
    for phase in range(FACTOR):
        for tap in range(3):
            rows[phase, tap, (phase + tap - 1) // FACTOR + 1] = 1.0
    return torch.einsum("aki,blj->klabij", rows, rows).reshape(9, FACTOR**2 * 9)
