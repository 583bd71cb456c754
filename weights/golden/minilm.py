"""What transformers makes of the real all-MiniLM-L6-v2: python minilm.py MODEL_FOLDER

Writes core/model/testdata/minilm (embeddings of everyday texts) and, beside the epoch.jsonl of epoch_text.py,
core/train/testdata/minilm (gradients of one batch; the losses of one epoch for three freeze policies).
"""

import json
import sys

import torch
from transformers import AutoTokenizer, BertModel

import packed
import recording
import training
from everyday_texts import TEXTS

MAX_LENGTH = 128
HIDDEN_OF = ["", "Hello, world!", "Café, naïve, façade, jalapeño, Ångström, Zürich", "我喜欢在北京喝茶。",
             "The capital of France is [MASK].", "The striker scored twice as the home team won the cup."]

LABELS = {"topic": ["business", "sci/tech", "sports", "world"], "sentiment": ["negative", "positive"]}
BATCH = 16
ENTRIES = 64
POLICIES = ["none", "layers:4", "backbone"]
SETTINGS = training.Settings(lr=1e-4, headLr=1e-3, weights={"topic": 1.0, "sentiment": 1.0})


def encode(folder, texts):
    """Token ids of each text, special tokens included, cut at MAX_LENGTH."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return [tokenizer(text, truncation=True, max_length=MAX_LENGTH)["input_ids"] for text in texts]


def load(folder):
    return BertModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def embeddings(folder):
    """Runs each text by itself and returns ids, offsets, mean and first [n, H], and some hidden states [tokens, H]."""
    bert, sentences = load(folder), encode(folder, TEXTS)
    ids, offsets = packed.pack(sentences)
    with torch.no_grad():
        hidden = [bert(input_ids=torch.tensor([s])).last_hidden_state[0] for s in sentences]
    tensors = {"ids": ids, "offsets": offsets}
    tensors["mean"] = torch.stack([h.mean(0) for h in hidden])
    tensors["first"] = torch.stack([h[0] for h in hidden])
    for text in HIDDEN_OF:
        i = TEXTS.index(text)
        tensors[f"hidden.{i}"] = hidden[i]
    return tensors


def examples(folder):
    """The sentences of epoch.jsonl and their labels; -1 stands for none."""
    path = recording.folder("train", "testdata", "minilm") / "epoch.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    labels = {task: torch.tensor([names.index(r["labels"][task]) if task in r["labels"] else -1 for r in records])
              for task, names in LABELS.items()}
    return encode(folder, [r["text"] for r in records]), labels


def batches(folder):
    sentences, labels = examples(folder)
    cuts = range(0, len(sentences), BATCH)
    return [(sentences[i : i + BATCH], {t: y[i : i + BATCH] for t, y in labels.items()}) for i in cuts]


def classifier(folder, seed, std, bias_std):
    model = training.Classifier(load(folder), "mean", {task: len(names) for task, names in LABELS.items()})
    training.randomise_heads(model, seed, std, bias_std)
    return model.eval()


def entries(grad):
    """ENTRIES places of the flattened gradient, spread evenly over those that are not zero, or all of these if fewer."""
    places = grad.flatten().nonzero()[:, 0]
    n = len(places)
    return places if n <= ENTRIES else places[torch.arange(ENTRIES) * (n - 1) // (ENTRIES - 1)]


def gradients(folder):
    """Forward and backward over the first batch, nothing frozen, with heads large enough to pull at the encoder."""
    model = classifier(folder, 12, 0.5, 0.1)
    sentences, labels = batches(folder)[0]
    logits = model(sentences)
    each, total = training.losses(logits, labels, SETTINGS.weights)
    total.backward()
    ids, offsets = packed.pack(sentences)
    tensors = {"ids": ids, "offsets": offsets, "loss": total.reshape(1), **model.head_tensors()}
    for task, y in labels.items():
        tensors |= {f"labels.{task}": y.int(), f"logits.{task}": logits[task], f"loss.{task}": each[task].reshape(1)}
    for name, p in model.named_parameters():
        if p.grad is not None:
            tensors |= gradient_summary(name, p.grad)
    return tensors


def gradient_summary(name, grad):
    at = entries(grad)
    return {f"norm.{name}": grad.double().norm().float().reshape(1), f"max.{name}": grad.abs().max().reshape(1),
            f"index.{name}": at.int(), f"value.{name}": grad.flatten()[at]}


def epoch(folder, policy):
    return training.train(classifier(folder, 13, 0.02, 0.0), batches(folder), policy, SETTINGS)


def meta():
    return {"labels": LABELS, "head": "mean", "batch": BATCH, "steps": 20, "warmupSteps": 2, "maxLength": MAX_LENGTH,
            "lr": SETTINGS.lr, "headLr": SETTINGS.headLr, "weights": SETTINGS.weights, "betas": SETTINGS.betas,
            "eps": SETTINGS.eps, "weightDecay": SETTINGS.weightDecay, "clip": SETTINGS.clip, "schedule": SETTINGS.schedule,
            "dropout": 0, "versions": recording.versions()}


def record(folder):
    path = recording.folder("model", "testdata", "minilm")
    recording.write_json(path / "texts.json", TEXTS)
    recording.write_tensors(path / "golden.safetensors", embeddings(folder))
    path = recording.folder("train", "testdata", "minilm")
    recording.write_tensors(path / "gradients.safetensors", gradients(folder))
    recording.write_tensors(path / "heads.safetensors", classifier(folder, 13, 0.02, 0.0).head_tensors())
    recording.write_json(path / "epoch.json", {policy: epoch(folder, policy) for policy in POLICIES})
    recording.write_json(path / "meta.json", meta())


if __name__ == "__main__":
    recording.settle(0)
    record(sys.argv[1])
