"""Run small networks with ONNX Runtime, on one thread: a forecast is one of many at a time."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]


class Network:
    """A network of one input and one output, read from an ONNX file. Never run it before a fork."""

    def __init__(self, path: Path) -> None:
        # importing it takes a while, and most processes never see a picture
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # its arena keeps what the largest picture took; these networks are as fast without
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, values: Singles) -> Singles:
        """Return the network's output for an input of its shape."""
        output: Singles = self._session.run(None, {self._input: values})[0]
        return output
