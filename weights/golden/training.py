"""Training as thaw means it, in PyTorch: one encoder, several heads, AdamW, clipping, warm-up, freeze policies.

Nothing here is clever. It is what a careful reader of the PyTorch and transformers manuals would write, and so the judge.
"""

import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

import packed
import policies


@dataclasses.dataclass
class Settings:
    """The settings of a run, with the words of thaw's command line."""

    lr: float
    headLr: float
    weights: dict  # task → factor of its loss
    betas: tuple = (0.9, 0.999)
    eps: float = 1e-8
    weightDecay: float = 0.01
    clip: float = 1.0
    warmup: float = 0.1
    schedule: str = "linear"
    layerDecay: float = 1.0


class Classifier(nn.Module):
    """A BertModel or DistilBertModel and one head a task. The names of its parameters are thaw's canonical names.

    kind "mean": the mean over a sentence's tokens, one linear layer (heads.NAME.weight, heads.NAME.bias).
    kind "hf": the family's own head. BERT's pooler, shared by the tasks, then a linear layer (heads.NAME.classifier.weight
    and .bias); DistilBERT's dense layer on the first token and ReLU (heads.NAME.pre_classifier.…), then that linear layer.
    """

    def __init__(self, encoder, kind, classes):
        super().__init__()
        self.family, self.kind = encoder.base_model_prefix, kind
        self.add_module(self.family, encoder)
        h = encoder.config.hidden_size
        linear = {task: nn.Linear(h, c) for task, c in classes.items()}
        if kind == "hf":
            linear = {task: nn.ModuleDict(self.front(h) | {"classifier": layer}) for task, layer in linear.items()}
        self.heads = nn.ModuleDict(linear)

    def front(self, h):
        """Returns what stands in front of each task's classifier in the family's own head."""
        return {"pre_classifier": nn.Linear(h, h)} if self.family == "distilbert" else {}

    def encoder(self):
        return getattr(self, self.family)

    def forward(self, sentences):
        """Returns logits [B, C] for each task; sentences are lists of ids."""
        ids, mask = packed.padded(sentences)
        out = self.encoder()(input_ids=ids, attention_mask=mask)
        if self.kind == "hf":
            return {task: self.own(head, out) for task, head in self.heads.items()}
        x = packed.mean(out.last_hidden_state, mask)
        return {task: head(x) for task, head in self.heads.items()}

    def own(self, head, out):
        """Runs one head of the family's own kind on the encoder's output."""
        if "pre_classifier" not in head:
            return head["classifier"](out.pooler_output)
        return head["classifier"](functional.relu(head["pre_classifier"](out.last_hidden_state[:, 0])))

    def head_tensors(self):
        return {n: p for n, p in self.named_parameters() if n.startswith("heads.")}


def randomise_heads(model, seed, std, bias_std):
    g = torch.Generator().manual_seed(seed)
    for name, p in model.head_tensors().items():
        scale = bias_std if name.endswith(".bias") else std
        p.data = (scale * torch.randn(p.shape, generator=g, device="cpu")).to(p)


def losses(logits, labels, weights):
    """Returns the loss of each task and their weighted sum.

    A task's loss is the sum of its cross-entropies over the labelled sentences (label ≥ 0) divided by their number, and 0
    with zero gradients where a batch has none.
    """
    each = {}
    for task, y in labels.items():
        total = functional.cross_entropy(logits[task], y, reduction="sum", ignore_index=-1)
        each[task] = total / max(1, int((y >= 0).sum()))
    return each, sum(weights[task] * loss for task, loss in each.items())


def freeze(model, policy):
    for name, p in model.named_parameters():
        p.requires_grad_(not policies.frozen(policy, name, model.heads.keys()))


def rate(name, layers, s):
    """The peak learning rate of a parameter: layer i gets lr × layerDecay^(L-1-i), the embeddings lr × layerDecay^L."""
    if name.startswith("heads."):
        return s.headLr
    if policies.EMBEDDINGS.match(name):
        return s.lr * s.layerDecay**layers
    if m := policies.LAYER.match(name):
        return s.lr * s.layerDecay ** (layers - 1 - int(m[1]))
    return s.lr


def optimizer(model, s, fused=None):
    """AdamW with a group for each tensor; no decay on biases and LayerNorm. fused is PyTorch's own switch."""
    layers = model.encoder().config.num_hidden_layers
    groups = []
    for name, p in model.named_parameters():
        if p.requires_grad:
            plain = name.endswith(".bias") or "LayerNorm" in name or "layer_norm" in name
            decay = 0.0 if plain else s.weightDecay
            groups.append({"params": [p], "lr": rate(name, layers, s), "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=s.betas, eps=s.eps, fused=fused) if groups else None


def schedule(adamw, s, steps):
    warm = math.ceil(s.warmup * steps)
    make = {"linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup}[s.schedule]
    return make(adamw, num_warmup_steps=warm, num_training_steps=steps)


def train(model, batches, policy, s):
    """Takes one step a batch of (sentences, labels). Returns {loss, a list for each task, gradNorm, factor}.

    Losses are those before the step, gradNorm the global norm before clipping, factor the schedule's at that step.
    """
    freeze(model, policy)
    model.eval()  # dropout off, gradients on
    adamw = optimizer(model, s)
    scheduler = schedule(adamw, s, len(batches)) if adamw else None
    log = {"loss": [], **{task: [] for task in model.heads}, "gradNorm": [], "factor": []}
    for sentences, labels in batches:
        each, total = losses(model(sentences), labels, s.weights)
        log["loss"].append(total.item())
        for task, loss in each.items():
            log[task].append(loss.item())
        log["gradNorm"].append(step(model, total, adamw, s) if adamw else 0.0)
        log["factor"].append(scheduler.lr_lambdas[0](scheduler.last_epoch) if adamw else 0.0)
        if adamw:
            scheduler.step()
    return log


def step(model, loss, adamw, s):
    adamw.zero_grad()
    loss.backward()
    trainable = [p for p in model.parameters() if p.requires_grad]
    norm = nn.utils.clip_grad_norm_(trainable, s.clip)
    adamw.step()
    return norm.item()
