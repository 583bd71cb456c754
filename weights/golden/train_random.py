"""Gradients and ten AdamW steps for each freeze policy, on a random encoder with two tasks.

Writes core/train/testdata/bert-mean and core/train/testdata/bert-hf from the BERT of bert_random.py; the encoder's weights
stay where they are, in core/encoder/testdata/bert. distilbert_random.py does the same for its family. Ids start at 1: transformers gives no gradient to the row of the padding token, and thaw has
no padding.
"""

import dataclasses

import torch
from transformers import AutoModel

import packed
import recording
import training

CLASSES = {"topic": 4, "sentiment": 2}
WEIGHTS = {"topic": 1.0, "sentiment": 0.5}
VOCAB, LONGEST = 97, 33
STEPS, BATCH = 10, 8
NO_SENTIMENT = 6  # the batch without a single sentiment label
POLICIES = ["none", "backbone", "layers:1", "layers:2", "head:topic", "*.attention.*", "backbone,!*LayerNorm*,!*.bias", "all"]
SETTINGS = training.Settings(lr=1e-3, headLr=1e-2, weights=WEIGHTS)
VARIANTS = {"cosine": dict(schedule="cosine"), "layerDecay": dict(layerDecay=0.8)}
FINAL_POLICIES = ["none", "layers:1"]


# The tensors that are compared after the last step: one of the embeddings, one of layer 1.
FINAL = {"bert": ["embeddings.word_embeddings.weight", "encoder.layer.1.attention.self.value.weight"],
         "distilbert": ["embeddings.word_embeddings.weight", "transformer.layer.1.attention.v_lin.weight"]}


def final_names(kind, family="bert"):
    last = "heads.topic.weight" if kind == "mean" else "heads.topic.classifier.weight"
    return [f"{family}.{name}" for name in FINAL[family]] + [last]


def random_model(kind, dtype=torch.float32, family="bert"):
    """The encoder of core/encoder/testdata/FAMILY with random heads, the same at each call."""
    encoder = AutoModel.from_pretrained(recording.folder("encoder", "testdata", family), attn_implementation="eager")
    model = training.Classifier(encoder, kind, CLASSES)
    training.randomise_heads(model, 5, 0.3, 0.1)
    return model.to(dtype).eval()


def random_examples(n, seed):
    """n sentences of 1 to 33 random ids, and their labels: both tasks, one of them or, for a few, none."""
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, LONGEST + 1, (n,), generator=g)
    lengths[0], lengths[n // 2] = 1, LONGEST
    sentences = packed.random_sentences(lengths.tolist(), VOCAB, 1, g)
    labels = {task: torch.randint(0, c, (n,), generator=g) for task, c in CLASSES.items()}
    kind = torch.randint(0, 10, (n,), generator=g)  # 0–2 topic alone, 3–5 sentiment alone, 6 nothing, the rest both
    labels["topic"][(kind >= 3) & (kind <= 6)] = -1
    labels["sentiment"][(kind <= 2) | (kind == 6)] = -1
    return sentences, labels


def step_batches():
    """Ten batches of eight sentences."""
    sentences, labels = random_examples(STEPS * BATCH, 7)
    labels["sentiment"][NO_SENTIMENT * BATCH : (NO_SENTIMENT + 1) * BATCH] = -1
    cuts = range(0, STEPS * BATCH, BATCH)
    batches = [(sentences[i : i + BATCH], {t: y[i : i + BATCH] for t, y in labels.items()}) for i in cuts]
    return sentences, labels, batches


def inputs(sentences, labels):
    ids, offsets = packed.pack(sentences)
    return {"ids": ids, "offsets": offsets, **{f"labels.{t}": y.to(torch.int32) for t, y in labels.items()}}


def gradients(kind, family):
    """One forward and backward over 23 sentences, nothing frozen."""
    model = random_model(kind, family=family)
    sentences, labels = random_examples(23, 6)
    logits = model(sentences)
    each, total = training.losses(logits, labels, WEIGHTS)
    total.backward()
    tensors = {**inputs(sentences, labels), "loss": total.reshape(1)}
    for task in CLASSES:
        tensors |= {f"logits.{task}": logits[task], f"loss.{task}": each[task].reshape(1)}
    grads = {f"grad.{n}": p.grad for n, p in model.named_parameters() if p.grad is not None}
    return {**tensors, **model.head_tensors(), **grads}


def ten_steps(kind, family, policy, changes):
    """Returns the log of a run and the three tensors of final_names after it."""
    model = random_model(kind, family=family)
    log = training.train(model, step_batches()[2], policy, dataclasses.replace(SETTINGS, **changes))
    parameters = dict(model.named_parameters())
    return log, {name: parameters[name] for name in final_names(kind, family)}


def record(kind, family):
    path = recording.folder("train", "testdata", f"{family}-{kind}")
    recording.write_tensors(path / "gradients.safetensors", gradients(kind, family))
    runs = {policy: ten_steps(kind, family, policy, {}) for policy in POLICIES}
    sentences, labels, _ = step_batches()
    tensors = {**inputs(sentences, labels), **random_model(kind, family=family).head_tensors()}
    for policy in FINAL_POLICIES:
        tensors |= {f"final.{policy}.{name}": p for name, p in runs[policy][1].items()}
    recording.write_tensors(path / "steps.safetensors", tensors)
    recording.write_json(path / "losses.json", {policy: log for policy, (log, _) in runs.items()})
    recording.write_json(path / "variants.json", {v: ten_steps(kind, family, "none", c)[0] for v, c in VARIANTS.items()})
    recording.write_json(path / "meta.json", meta(kind, family))


def meta(kind, family):
    return {"encoder": f"../../../encoder/testdata/{family}", "head": kind, "classes": CLASSES, "steps": STEPS, "batch": BATCH,
            "warmupSteps": 1, **dataclasses.asdict(SETTINGS), "dropout": 0, "variants": VARIANTS,
            "versions": recording.versions()}


if __name__ == "__main__":
    recording.settle(5)
    for kind in ("mean", "hf"):
        record(kind, "bert")
