"""Packed batches, thaw's way: T token ids back to back and offsets [B+1], no padding.

Transformers wants padding and a mask, so a batch is padded on the way in and the padding is cut off on the way out.
"""

import torch

PAD = 0


def pack(sentences):
    """Turns lists of ids into ids int32 [T] and offsets int32 [B+1]."""
    offsets = [0]
    for s in sentences:
        offsets.append(offsets[-1] + len(s))
    ids = [i for s in sentences for i in s]
    return torch.tensor(ids, dtype=torch.int32), torch.tensor(offsets, dtype=torch.int32)


def padded(sentences):
    """Turns lists of ids into input_ids and attention_mask, both int64 [B, longest]."""
    longest = max(map(len, sentences))
    ids = torch.full((len(sentences), longest), PAD, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for b, s in enumerate(sentences):
        ids[b, : len(s)] = torch.tensor(s)
        mask[b, : len(s)] = 1
    return ids, mask


def unpad(hidden, mask):
    """Cuts the padding off hidden [B, longest, H]; returns [T, H]."""
    return hidden[mask.bool()]


def mean(hidden, mask):
    """Averages over all tokens of each sentence, special ones included: [B, longest, H] to [B, H]."""
    m = mask[:, :, None].to(hidden.dtype)
    return (hidden * m).sum(1) / m.sum(1)


def random_sentences(lengths, vocab, lowest, generator):
    """Draws ids from lowest to vocab-1."""
    return [torch.randint(lowest, vocab, (n,), generator=generator).tolist() for n in lengths]
