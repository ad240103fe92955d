"""What solves an exercise in one call, where its text asks for one's own code: names for `forbids` of a check.

A name without a dot is that of a function or class, whatever it is reached through: `conv2d` is `F.conv2d` and
`torch.conv2d`. A name with dots is a module with all that it holds.
"""

from __future__ import annotations

COURSE = ("convcourse.operations", "convcourse.standins")  # the solutions that the course compares with
CONVOLUTION = (
    *(
        f"{name}{axes}d"
        for name in ("conv", "Conv", "LazyConv", "conv_transpose", "ConvTranspose")
        for axes in (1, 2, 3)
    ),
    *(
        "convolution",
        "_convolution",
        "_convolution_mode",
        "slow_conv_dilated2d",
        "mkldnn_convolution",
        "cudnn_convolution",
        "thnn_conv2d",
        "slow_conv3d",
    ),
    *("convolve", "convolve1d", "convolve2d", "fftconvolve", "oaconvolve", "sepfir2d", "lfilter"),
    *("correlate", "correlate1d", "correlate2d", "correlate_channels", "filter2D"),
    *COURSE,
)
POOLING = (
    *(f"{name}_pool{axes}d" for name in ("max", "avg", "lp", "adaptive_max", "adaptive_avg") for axes in (1, 2, 3)),
    *(f"{name}Pool{axes}d" for name in ("Max", "Avg", "LP", "AdaptiveMax", "AdaptiveAvg") for axes in (1, 2, 3)),
    *(f"max_pool{axes}d_with_indices" for axes in (1, 2, 3)),
    *("fractional_max_pool2d", "FractionalMaxPool2d", "block_reduce", "maximum_filter", "uniform_filter"),
    *COURSE,
)
PADDING = ("pad", "Pad", "constant_pad_nd", "ConstantPad2d", "ZeroPad2d", "copyMakeBorder", *COURSE)
BACKWARD = ("backward", "max_unpool2d", "MaxUnpool2d", "torch.autograd", "torch.func", "functorch", *POOLING)
