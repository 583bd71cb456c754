"""Gradual thawing and freezing again, on the random BERT of bert_random.py with mean-pooled heads.

Writes core/train/testdata/bert-mean/schedules.json. Four epochs over the first 24 sentences of steps.safetensors, three batches
each; the policy changes between epochs as the schedule says. One AdamW holds every parameter from the start: a frozen one has
no gradient, so its state rests and its bias correction counts its own steps alone.
"""

import dataclasses

import recording
import train_random
import training
from torch import nn

EPOCHS, BATCHES = 4, 3
SCHEDULES = {
    "backbone; 1:layers:2; 2:layers:1": ["backbone", "layers:2", "layers:1", "layers:1"],
    "none; 1:layers:2; 2:none; 3:head:topic": ["none", "layers:2", "none", "head:topic"],
}


def run(policies):
    """Returns the log of a run whose policy is policies[epoch]."""
    model = train_random.random_model("mean")
    s = dataclasses.replace(train_random.SETTINGS)
    adamw = training.optimizer(model, s)
    scheduler = training.schedule(adamw, s, EPOCHS * BATCHES)
    batches = train_random.step_batches()[2][:BATCHES]
    log = {"loss": [], "topic": [], "sentiment": [], "gradNorm": [], "factor": []}
    for policy in policies:
        training.freeze(model, policy)
        for sentences, labels in batches:
            each, total = training.losses(model(sentences), labels, s.weights)
            log["loss"].append(total.item())
            for task, loss in each.items():
                log[task].append(loss.item())
            adamw.zero_grad(set_to_none=True)
            total.backward()
            trainable = [p for p in model.parameters() if p.grad is not None]
            log["gradNorm"].append(nn.utils.clip_grad_norm_(trainable, s.clip).item())
            adamw.step()
            log["factor"].append(scheduler.lr_lambdas[0](scheduler.last_epoch))
            scheduler.step()
    return log


if __name__ == "__main__":
    recording.settle(5)
    path = recording.folder("train", "testdata", "bert-mean")
    recording.write_json(path / "schedules.json", {text: run(policies) for text, policies in SCHEDULES.items()})
