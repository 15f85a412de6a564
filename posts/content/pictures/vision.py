"""Import torchvision beside a CPU build of torch."""

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

# of torchvision 0.28; its own are in a library that only loads beside the build of torch that it was made for
_BOXES = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_REGIONS = (
    "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor"
)
_OPERATORS = {"nms": _BOXES, "qnms": _BOXES, "roi_align": _REGIONS, "qroi_align": _REGIONS}


def import_torchvision() -> ModuleType:
    """Import and return torchvision; every other import of it goes through here.

    Its wheel on PyPI is built for CUDA. Beside a CPU build of torch its compiled operators do not load, and it fails on
    registering shapes for four of them, none of which its backbones use. Declaring those four lets it be imported.
    Raise ImportError without torch or torchvision.
    """
    import torch

    spec = find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed")
    library = Path(spec.origin).with_name("_C.so")
    try:
        torch.ops.load_library(str(library))
    except OSError:
        for name, schema in _OPERATORS.items():
            # a second call finds them declared
            if not hasattr(torch.ops.torchvision, name):
                torch.library.define(f"torchvision::{name}", schema)
    import torchvision

    module: ModuleType = torchvision
    return module
