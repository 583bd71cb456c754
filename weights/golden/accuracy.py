"""Says whether thaw and PyTorch reach the same accuracy: python accuracy.py ENCODER TRAIN TEST [--thaw bin/thaw] …

TRAIN and TEST are JSONL as thaw reads it, of one task. For each policy and seed both programs train a mean-pooled linear
head on TRAIN (AdamW, linear warm-up and decay, clipping at 1, the encoder's own dropout in what trains) and score TEST.
They draw order, dropout and heads each in its own way, so single runs differ and their means should not: printed are mean
and standard deviation over the seeds, their difference, and twice its standard error.
"""

import argparse
import json
import math
import pathlib
import random
import statistics
import subprocess
import tempfile

import tokenizers
import torch
from transformers import BertModel

import training


def read(path, task):
    rows = [json.loads(line) for line in open(path, encoding="utf-8")]
    rows = [(r["text"], r["labels"][task]) for r in rows if task in r["labels"]]
    return [r[0] for r in rows], [r[1] for r in rows]


def ids(folder, texts, length):
    tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return [e.ids for e in tokenizer.encode_batch(texts)]


def dropout_where_it_trains(model):
    """Turns dropout on in the modules that have a thawed tensor of their own, and leaves it off in the others."""
    model.eval()
    parts = [model.encoder().embeddings, *model.encoder().encoder.layer]
    for part in parts:
        part.train(any(p.requires_grad for p in part.parameters()))


def with_torch(o, policy, seed, train, test):
    """Returns the accuracy of PyTorch on the test set after a run."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    encoder = BertModel.from_pretrained(o.encoder, dtype=torch.float32)
    model = training.Classifier(encoder, "mean", {o.task: len(o.labels)}).to(o.device)
    training.randomise_heads(model, seed, 0.02, 0)
    training.freeze(model, policy)
    s = training.Settings(lr=o.lr, headLr=o.head_lr, weights={o.task: 1.0})
    adamw = training.optimizer(model, s)
    scheduler = training.schedule(adamw, s, o.epochs * math.ceil(len(train[0]) / o.batch))
    dropout_where_it_trains(model)
    for _ in range(o.epochs):
        rows = list(range(len(train[0])))
        order.shuffle(rows)
        for b in range(0, len(rows), o.batch):
            part = rows[b : b + o.batch]
            y = torch.tensor([o.labels.index(train[1][i]) for i in part])
            total = training.losses(model([train[0][i] for i in part]), {o.task: y}, s.weights)[1]
            training.step(model, total, adamw, s)
            scheduler.step()
    return accuracy(model.eval(), o, test)


@torch.no_grad()
def accuracy(model, o, test):
    order = sorted(range(len(test[0])), key=lambda i: len(test[0][i]))
    hits = 0
    for b in range(0, len(order), 64):
        part = order[b : b + 64]
        answers = model([test[0][i] for i in part])[o.task].argmax(1).tolist()
        hits += sum(o.labels[a] == test[1][i] for a, i in zip(answers, part))
    return hits / len(order)


def with_thaw(o, policy, seed):
    """Returns the accuracy of thaw on the test set after a run with the same settings."""
    with tempfile.TemporaryDirectory() as folder:
        command = [o.thaw, "train", "--encoder", o.encoder, "--data", o.train, "--eval", o.test, "--freeze", policy,
                   "--task", f"{o.task}={','.join(o.labels)}", "--epochs", o.epochs, "--batch", o.batch, "--lr", o.lr,
                   "--head-lr", o.head_lr, "--max-length", o.length, "--seed", seed, "--json", "--out", f"{folder}/model"]
        out = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    last = [e for e in map(json.loads, out.splitlines()) if e.get("event") == "eval"][-1]
    return last["tasks"][o.task]["accuracy"]


def spread(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def compare(o):
    texts, labels = read(o.train, o.task)
    o.labels = sorted(set(labels))
    train = ids(o.encoder, texts, o.length), labels
    texts, labels = read(o.test, o.task)
    test = ids(o.encoder, texts, o.length), labels
    print(f"train {len(train[0])}, test {len(test[0])}, {o.epochs} epochs, batch {o.batch}, lr {o.lr}, head lr {o.head_lr}")
    print("policy      thaw            PyTorch         difference  2 s.e.", flush=True)
    for policy in o.policies.split(";"):
        a = [with_thaw(o, policy, seed) for seed in o.seeds]
        b = [with_torch(o, policy, seed, train, test) for seed in o.seeds]
        error = math.sqrt((spread(a) ** 2 + spread(b) ** 2) / len(o.seeds))
        print(f"{policy:10}  {statistics.mean(a):.4f} ± {spread(a):.4f} {statistics.mean(b):.4f} ± {spread(b):.4f}"
              f" {statistics.mean(a) - statistics.mean(b):+.4f}     {2 * error:.4f}", flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("encoder")
    p.add_argument("train")
    p.add_argument("test")
    p.add_argument("--task", default="sentiment")
    p.add_argument("--thaw", default="bin/thaw")
    p.add_argument("--policies", default="backbone;layers:4;none", help="divided by semicolons")
    p.add_argument("--seeds", type=lambda s: [int(x) for x in s.split(",")], default=[1, 2, 3])
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--batch", type=int, default=32)
    p.add_argument("--length", type=int, default=64, help="tokens of a text, special ones included")
    p.add_argument("--lr", type=float, default=1e-4)
    p.add_argument("--head-lr", type=float, default=1e-3)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu", help="where PyTorch runs, in its own words")
    o = p.parse_args()
    torch.set_num_threads(o.threads)
    torch.set_default_device(o.device)
    compare(o)


if __name__ == "__main__":
    main()
