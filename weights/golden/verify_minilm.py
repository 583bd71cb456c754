"""Checks the recordings of the real MiniLM in other ways than they were made: python verify_minilm.py MODEL_FOLDER

The embeddings come again from the numpy encoder of verify.py, one gradient entry a tensor from a central difference, norms and
entries from a float64 backward, the epochs from float64 training. Prints the greatest differences.
"""

import json
import pathlib
import sys

import numpy
import torch
from safetensors.numpy import load_file

import minilm
import recording
import training
import verify


def check_embeddings(folder):
    path = recording.folder("model", "testdata", "minilm")
    golden, bert = load_file(path / "golden.safetensors"), verify.load(pathlib.Path(folder))
    worst = {"mean": 0.0, "first": 0.0, "hidden": 0.0}
    for i, s in enumerate(verify.sentences(golden)):
        h = bert.hidden(s)[-1]
        worst["mean"] = max(worst["mean"], abs(h.mean(0) - golden["mean"][i]).max())
        worst["first"] = max(worst["first"], abs(h[0] - golden["first"][i]).max())
        if f"hidden.{i}" in golden:
            worst["hidden"] = max(worst["hidden"], abs(h - golden[f"hidden.{i}"]).max())
    print("embeddings within", {k: f"{v:.1e}" for k, v in worst.items()})
    assert max(worst.values()) < 2e-5


def check_gradients(folder):
    golden = load_file(recording.folder("train", "testdata", "minilm") / "gradients.safetensors")
    model = minilm.classifier(folder, 12, 0.5, 0.1).double()
    sentences, labels = minilm.batches(folder)[0]
    total = training.losses(model(sentences), labels, minilm.SETTINGS.weights)[1]
    total.backward()
    top = max(golden[n].max() for n in golden if n.startswith("max."))
    worst = {"norm": 0.0, "value": 0.0, "difference": 0.0}
    for name, p in model.named_parameters():
        if p.grad is None:
            continue
        peak = max(golden["max." + name][0], 1e-3 * top)
        at, value, norm = golden["index." + name], golden["value." + name], golden["norm." + name][0]
        worst["norm"] = max(worst["norm"], abs(p.grad.norm().item() - norm) / max(norm, 1e-3))
        worst["value"] = max(worst["value"], abs(p.grad.flatten().numpy()[at] - value).max() / peak)
        worst["difference"] = max(worst["difference"], difference(model, p, at[abs(value).argmax()], sentences, labels) / peak)
    print(f"loss within {abs(total.item() - golden['loss'][0]):.1e}; relative errors of the gradients",
          {k: f"{v:.1e}" for k, v in worst.items()})
    assert max(worst.values()) < 1e-4


def difference(model, p, place, sentences, labels):
    """How far the gradient's entry at that place lies from a central difference."""
    flat, h, losses = p.data.view(-1), 1e-4, []
    value = flat[place].item()
    with torch.no_grad():
        for at in (value + h, value - h):
            flat[place] = at
            losses.append(training.losses(model(sentences), labels, minilm.SETTINGS.weights)[1].item())
    flat[place] = value
    return abs((losses[0] - losses[1]) / (2 * h) - p.grad.flatten()[place].item())


def check_epochs(folder):
    log = json.loads((recording.folder("train", "testdata", "minilm") / "epoch.json").read_text())
    for policy, run in log.items():
        model = minilm.classifier(folder, 13, 0.02, 0.0).double()
        again = training.train(model, minilm.batches(folder), policy, minilm.SETTINGS)
        worst = {key: f"{max(abs(a - b) for a, b in zip(run[key], again[key])):.1e}" for key in run}
        print(policy, "differences", worst, f"loss {numpy.mean(run['loss'][:5]):.3f} → {numpy.mean(run['loss'][-5:]):.3f}")
        assert float(worst["loss"]) < 1e-4 and numpy.mean(run["loss"][-5:]) < numpy.mean(run["loss"][:5])


if __name__ == "__main__":
    recording.settle(0)
    for check in (check_embeddings, check_gradients, check_epochs):
        check(sys.argv[1])
