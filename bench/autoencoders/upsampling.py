"""Table 1's Decoder 5: double the image's side, then convolve; computed without the enlarged image where that is exact."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor, nn

Mode = Literal["nearest", "bilinear"]
FACTOR = 2


class UpsampledConv(nn.Module):
    """Upsample by two, then a 3 x 3 convolution with padding 1.

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
