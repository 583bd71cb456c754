"""Times PyTorch for ./build.sh bench: python time_torch.py MODEL_FOLDER THREADS reads jobs and answers with times (jobs.py).

forward is the encoder without gradients, in inference mode. step is a full training step of two mean-pooled heads: forward,
backward, clipping, and AdamW's fused kernel, the quicker of PyTorch's two. Dropout is off, attention PyTorch's default.
Sentences of one length go in without a mask, others padded to the longest, as transformers does it. tokenize is a batch through
Hugging Face tokenizers, on one thread.
"""

import os
import pathlib
import sys

import tokenizers
import torch
from transformers import AutoModel

import jobs
import packed
import recording
import training

SETTINGS = {"lr": 1e-4, "headLr": 1e-3}


def optimizer(model, s):
    """Fused AdamW over as few groups as there are rates: with one for each tensor it would be slower."""
    groups = {}
    for name, p in model.named_parameters():
        if p.requires_grad:
            rate = s.headLr if name.startswith("heads.") else s.lr
            groups.setdefault((rate, s.weightDecay if p.dim() > 1 else 0.0), []).append(p)
    groups = [{"params": list(ps), "lr": lr, "weight_decay": decay} for (lr, decay), ps in groups.items()]
    return torch.optim.AdamW(groups, betas=s.betas, eps=s.eps, fused=True)


class Bench:
    def __init__(self, folder):
        self.encoder = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.key, self.step_once = None, None

    def work(self, job):
        return {"forward": self.forward, "step": self.step, "tokenize": self.tokenize}[job["work"]](job)

    def tokenize(self, job):
        self.tokenizer.enable_truncation(job["maxLength"])
        ms, rows = jobs.timed(job["repeat"], lambda: self.tokenizer.encode_batch(job["texts"]))
        return ms, jobs.sample([i for row in rows for i in row.ids])

    def inputs(self, sentences):
        ids, mask = packed.padded(sentences)
        return ids, mask, {} if mask.all() else {"attention_mask": mask}

    def forward(self, job):
        ids, mask, more = self.inputs(job["ids"])

        def once():
            with torch.inference_mode():
                return packed.mean(self.encoder(input_ids=ids, **more).last_hidden_state, mask)

        ms, pooled = jobs.timed(job["repeat"], once)
        return ms, jobs.sample(pooled.flatten().tolist())

    def step(self, job):
        key = (job["freeze"], len(job["ids"]), sum(map(len, job["ids"])))
        if key != self.key:
            self.key, self.step_once = key, self.prepare(job)
        return jobs.timed(job["repeat"], self.step_once)[0], []

    def prepare(self, job):
        classes = {task["name"]: len(task["labels"]) for task in job["tasks"]}
        settings = training.Settings(**SETTINGS, weights={name: 1.0 for name in classes})
        model = training.Classifier(self.encoder, "mean", classes).eval()
        training.freeze(model, job["freeze"])
        adamw = optimizer(model, settings)
        labels = {task["name"]: torch.tensor([task["labels"].index(row[task["name"]]) for row in job["labels"]]) for task in job["tasks"]}
        ids, mask, more = self.inputs(job["ids"])

        def once():
            hidden = packed.mean(self.encoder(input_ids=ids, **more).last_hidden_state, mask)
            logits = {task: head(hidden) for task, head in model.heads.items()}
            training.step(model, training.losses(logits, labels, settings.weights)[1], adamw, settings)

        return once


def main(folder, threads):
    recording.settle(0)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(int(threads))
    jobs.serve(Bench(folder).work)


if __name__ == "__main__":
    main(*sys.argv[1:])
