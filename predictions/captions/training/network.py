"""A decoder-only transformer over pieces of words, its low-rank adapters, and its values as one vector."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrize import register_parametrization

from predictions.captions.training.corpus import Words
from predictions.engine.types import Floats

PIECES = 1_000
WIDTH = 96
LAYERS = 2
HEADS = 4
POSITIONS = 96
"""Positions with an embedding of their own; later ones share the last."""
DROPOUT = 0.2
RANK = 4
"""Of an adapter: it has RANK x (inputs + outputs) values for a weight."""
PAD, START, END = 0, 1, 2
_UNKNOWN = 3
_SCORED = 64
"""Captions that are scored at once."""


@dataclass(frozen=True, slots=True)
class Example:
    """A caption as pieces, START first and END last, and where each word ends among them."""

    pieces: list[int]
    ends: list[int]
    value: float = 0.5


class Pieces:
    """Byte-pair encoding of words. A word's last piece ends with a space, so that pieces multiply to P(word)."""

    def __init__(self, captions: Iterable[Words]) -> None:
        written = BytesIO()
        SentencePieceTrainer.train(
            sentence_iterator=(" ".join(words) for words in captions if words), model_writer=written, model_type="bpe",
            vocab_size=PIECES, hard_vocab_limit=False, byte_fallback=True, normalization_rule_name="identity",
            treat_whitespace_as_suffix=True, num_threads=1, minloglevel=2,
            pad_id=PAD, bos_id=START, eos_id=END, unk_id=_UNKNOWN,
        )  # fmt: skip
        self._processor = SentencePieceProcessor(model_proto=written.getvalue())
        self.size: int = self._processor.vocab_size()

    def example(self, words: Words, value: float = 0.5) -> Example:
        """Return a caption as pieces."""
        of_words: list[list[int]] = [self._processor.encode(word) for word in words] + [[END]]
        ends = np.cumsum([len(pieces) for pieces in of_words]).tolist()
        return Example([START, *(piece for pieces in of_words for piece in pieces)], ends, value)


class Writer(nn.Module):  # type: ignore[misc]
    """P(next piece) and, from the same hidden states, an estimate of V."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces, self.positions = nn.Embedding(pieces, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, DROPOUT, "gelu", batch_first=True, norm_first=True)
            for _ in range(LAYERS)
        )
        self.last, self.value = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 1)
        for embedding in (self.pieces, self.positions):
            nn.init.normal_(embedding.weight, std=WIDTH**-0.5)

    def forward(self, pieces: Tensor) -> tuple[Tensor, Tensor]:
        """Return log P of each piece after each (n, length, pieces), and the estimates of V there (n, length)."""
        places = torch.arange(pieces.shape[1]).clamp(max=POSITIONS - 1)
        states = F.dropout(self.pieces(pieces) + self.positions(places), DROPOUT, self.training)
        # captions are padded at their end, where nothing before it looks
        causal = nn.Transformer.generate_square_subsequent_mask(pieces.shape[1])
        for layer in self.layers:
            states = layer(states, src_mask=causal, is_causal=True)
        states = self.last(states)
        return F.log_softmax(states @ self.pieces.weight.T, dim=-1), self.value(states).squeeze(-1)


class _LowRank(nn.Module):  # type: ignore[misc]  # torch is not type-checked
    """Adds a product of two thin matrices to a weight (LoRA, Hu et al., ICLR 2022)."""

    def __init__(self, outputs: int, inputs: int) -> None:
        super().__init__()
        self.inward = nn.Parameter(torch.randn(RANK, inputs) / inputs**0.5)
        self.outward = nn.Parameter(torch.zeros(outputs, RANK))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.outward @ self.inward


def add_adapters(writer: Writer) -> int:
    """Freeze a writer, add adapters to its layers' weights, which change nothing at first, and return their values."""
    writer.requires_grad_(False)
    for layer in writer.layers:
        attention = layer.self_attn
        weights = [(attention, "in_proj_weight"), (attention.out_proj, "weight"), (layer.linear1, "weight")]
        for module, name in [*weights, (layer.linear2, "weight")]:
            register_parametrization(module, name, _LowRank(*getattr(module, name).shape))
    return sum(each.numel() for each in writer.parameters() if each.requires_grad)


class Values:
    """A network's values that take a gradient, as one vector, of which some places are trained by Adam."""

    def __init__(self, network: nn.Module, rate: float) -> None:
        trained = [each for each in network.parameters() if each.requires_grad]
        self.vector = torch.cat([each.detach().reshape(-1) for each in trained])
        self.gradient = torch.zeros_like(self.vector)
        self._rate = rate
        at = 0
        for each in trained:
            stop = at + each.numel()
            each.data, each.grad = self.vector[at:stop].view_as(each), self.gradient[at:stop].view_as(each)
            at = stop
        self.choose(torch.arange(len(self.vector)))

    def choose(self, places: Tensor) -> None:
        """Train these places and no others from now on."""
        self.places = places
        self._chosen = nn.Parameter(self.vector[places])
        self._adam = torch.optim.Adam([self._chosen], self._rate, betas=(0.9, 0.98))

    def step(self) -> None:
        """Move the chosen places against their gradient, and forget the gradient."""
        self._chosen.grad = self.gradient[self.places]
        nn.utils.clip_grad_norm_([self._chosen], 1.0)
        self._adam.step()
        self.vector[self.places] = self._chosen.detach()
        self.gradient.zero_()

    def restore(self, vector: Tensor) -> None:
        """Set all values, those of the chosen places among them."""
        self.vector.copy_(vector)
        self.choose(self.places)


def padded(examples: Sequence[Example]) -> Tensor:
    """Return the pieces (n, longest), padded at the end."""
    longest = max(len(each.pieces) for each in examples)
    return torch.tensor([each.pieces + [PAD] * (longest - len(each.pieces)) for each in examples])


@torch.no_grad()  # type: ignore[untyped-decorator]
def word_logs(writer: Writer, examples: Sequence[Example]) -> list[Floats]:
    """Return, for each caption, the natural log P of each word and of the end."""
    writer.eval()
    logs = []
    for start in range(0, len(examples), _SCORED):
        chunk = examples[start : start + _SCORED]
        pieces = padded(chunk)
        of_pieces = writer(pieces[:, :-1])[0].gather(2, pieces[:, 1:, None]).squeeze(2).double().numpy()
        for row, example in zip(of_pieces, chunk, strict=True):
            logs.append(np.add.reduceat(row[: example.ends[-1]], [0, *example.ends[:-1]]))
    return logs
