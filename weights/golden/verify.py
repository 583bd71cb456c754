"""Checks the recordings of the random BERT encoders in other ways than they were made.

A second BERT, in numpy and float64 and without padding, must give the hidden states; finite differences of it must give the
gradients; the ten steps repeated in float64 must give the same losses. Prints the greatest differences: they are the
rounding errors of float32, and a test's tolerance should stand well above them.
"""

import dataclasses
import json
import math

import numpy
import torch
from safetensors.numpy import load_file

import recording
import train_random
import training

ERF = numpy.vectorize(math.erf)


class SmallBert:
    """BERT for one sentence after another: no batch, no padding, no mask. Tensors without `bert.`, float64."""

    def __init__(self, tensors, heads, eps):
        self.w = {old.removeprefix("bert.").replace("gamma", "weight").replace("beta", "bias"): t.astype(numpy.float64)
                  for old, t in tensors.items() if t.dtype == numpy.float32}
        self.heads, self.eps = heads, eps
        self.layers = len({n.split(".")[2] for n in self.w if n.startswith("encoder.layer.")})

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w[name + ".bias"]

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        sigma = numpy.sqrt((centred**2).mean(-1, keepdims=True) + self.eps)
        return centred / sigma * self.w[name + ".weight"] + self.w[name + ".bias"]

    def attention(self, x, p):
        q, k, v = (self.linear(x, f"{p}.self.{n}") for n in ("query", "key", "value"))
        d = x.shape[1] // self.heads
        parts = []
        for i in range(self.heads):
            cut = slice(i * d, (i + 1) * d)
            e = numpy.exp(q[:, cut] @ k[:, cut].T / math.sqrt(d))
            parts.append(e / e.sum(1, keepdims=True) @ v[:, cut])
        return numpy.concatenate(parts, 1)

    def layer(self, x, p):
        y = self.linear(self.attention(x, p + ".attention"), p + ".attention.output.dense")
        x = self.norm(x + y, p + ".attention.output.LayerNorm")
        z = self.linear(x, p + ".intermediate.dense")
        z = z * 0.5 * (1 + ERF(z / math.sqrt(2)))
        return self.norm(x + self.linear(z, p + ".output.dense"), p + ".output.LayerNorm")

    def hidden(self, ids):
        e = "embeddings."
        x = self.w[e + "word_embeddings.weight"][ids] + self.w[e + "position_embeddings.weight"][: len(ids)]
        states = [self.norm(x + self.w[e + "token_type_embeddings.weight"][0], e + "LayerNorm")]
        for i in range(self.layers):
            states.append(self.layer(states[-1], f"encoder.layer.{i}"))
        return states

    def pooled(self, hidden):
        return numpy.tanh(self.linear(hidden[:1], "pooler.dense"))[0]


def load(folder):
    config = json.loads((folder / "config.json").read_text())
    return SmallBert(load_file(folder / "model.safetensors"), config["num_attention_heads"], config["layer_norm_eps"])


def sentences(golden):
    cuts = golden["offsets"]
    return [golden["ids"][a:b] for a, b in zip(cuts, cuts[1:])]


def check_hidden(name):
    folder = recording.folder("encoder", "testdata", name)
    bert, golden = load(folder), load_file(folder / "golden.safetensors")
    states = [bert.hidden(s) for s in sentences(golden)]
    worst = max(abs(numpy.concatenate([s[i] for s in states]) - golden[f"hidden.{i}"]).max() for i in range(bert.layers + 1))
    pooler = abs(numpy.stack([bert.pooled(s[-1]) for s in states]) - golden["pooler"]).max()
    print(f"{name}: hidden states within {worst:.1e}, pooler {pooler:.1e}")
    assert max(worst, pooler) < 1e-5


def task_loss(logits, labels):
    rows = numpy.flatnonzero(labels >= 0)
    z = logits[rows]
    return (numpy.log(numpy.exp(z).sum(1)) - z[numpy.arange(len(rows)), labels[rows]]).sum() / len(rows)


def loss(bert, kind, golden):
    """The loss of gradients.safetensors from the numpy encoder, and the logits of each task."""
    hidden = [bert.hidden(s)[-1] for s in sentences(golden)]
    x = numpy.stack([bert.pooled(h) if kind == "hf" else h.mean(0) for h in hidden])
    total, logits = 0.0, {}
    for task, weight in train_random.WEIGHTS.items():
        logits[task] = bert.linear(x, head_name(kind, task))
        total += weight * task_loss(logits[task], golden["labels." + task])
    return total, logits


def head_name(kind, task):
    return f"heads.{task}.classifier" if kind == "hf" else f"heads.{task}"


def check_gradients(kind):
    """Compares loss and logits, then the greatest entry of each gradient with a central difference."""
    golden = load_file(recording.folder("train", "testdata", "bert-" + kind) / "gradients.safetensors")
    bert = load(recording.folder("encoder", "testdata", "bert"))
    bert.w |= {n: t.astype(numpy.float64) for n, t in golden.items() if n.startswith("heads.")}
    total, logits = loss(bert, kind, golden)
    logit = max(abs(logits[task] - golden["logits." + task]).max() for task in logits)
    names = [n for n in golden if n.startswith("grad.")]
    top = max(abs(golden[n]).max() for n in names)
    worst = max(gradient_error(bert, kind, golden, n, top) for n in names)
    print(f"bert-{kind}: loss within {abs(total - golden['loss'][0]):.1e}, logits {logit:.1e}, "
          f"{len(names)} gradients {worst:.1e} of their greatest entry")
    assert abs(total - golden["loss"][0]) < 1e-5 and logit < 1e-5 and worst < 1e-4


def gradient_error(bert, kind, golden, name, top):
    """The error of one entry by design's rule: relative to the tensor's greatest, at least 1e-3 of the global one."""
    grad, w = golden[name], bert.w[name.removeprefix("grad.").removeprefix("bert.")]
    at = numpy.unravel_index(abs(grad).argmax(), grad.shape)
    value, h = w[at], 1e-5
    w[at] = value + h
    up = loss(bert, kind, golden)[0]
    w[at] = value - h
    down = loss(bert, kind, golden)[0]
    w[at] = value
    return abs((up - down) / (2 * h) - grad[at]) / max(abs(grad[at]), 1e-3 * top)


def check_steps(kind):
    """Repeats each run in float64."""
    folder = recording.folder("train", "testdata", "bert-" + kind)
    golden = load_file(folder / "steps.safetensors")
    runs = [(p, log, p, {}) for p, log in json.loads((folder / "losses.json").read_text()).items()]
    variants = json.loads((folder / "variants.json").read_text())
    runs += [(v, log, "none", train_random.VARIANTS[v]) for v, log in variants.items()]
    for title, log, policy, changes in runs:
        model = train_random.random_model(kind, torch.float64)
        settings = dataclasses.replace(train_random.SETTINGS, **changes)
        batches = train_random.step_batches()[2]
        before = set_loss(model, batches)
        again = training.train(model, batches, policy, settings)
        after = set_loss(model, batches)
        worst = {key: max(abs(a - b) for a, b in zip(log[key], again[key])) for key in log}
        final = [abs(p.detach().numpy() - golden[key]).max() for n, p in model.named_parameters()
                 if (key := f"final.{policy}.{n}") in golden and title == policy]
        print(f"bert-{kind} {title}: losses within {worst['loss']:.1e}, norms {worst['gradNorm']:.1e}, "
              f"final {max(final, default=0):.1e}; mean loss of the ten batches {before:.3f} → {after:.3f}")
        assert worst["loss"] < 2e-5
        assert after < before or policy == "all" and after == before


def set_loss(model, batches):
    with torch.no_grad():
        return sum(training.losses(model(s), y, train_random.WEIGHTS)[1].item() for s, y in batches) / len(batches)


if __name__ == "__main__":
    recording.settle(0)
    for name in ("bert", "bert2"):
        check_hidden(name)
    for kind in ("mean", "hf"):
        check_gradients(kind)
        check_steps(kind)
