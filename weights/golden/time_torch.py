"""Times PyTorch on the real MiniLM, 16 sentences of 64 tokens, and prints JSON: python time_torch.py MODEL_FOLDER

Medians in milliseconds at 1 and 2 threads: forward (no gradients kept) and step, a full training step of two mean-pooled
heads with nothing frozen: forward, backward, clipping, AdamW. Dropout is off, attention PyTorch's default. AdamW is PyTorch's
default in stepMs and its fused kernel, which is quicker on a processor too, in fusedStepMs.
"""

import json
import statistics
import sys
import time

import torch
from transformers import BertModel

import recording
import training

SENTENCES, TOKENS = 16, 64
WARM_UPS, ROUNDS = 2, 9
CLASSES = {"topic": 4, "sentiment": 2}
SETTINGS = training.Settings(lr=1e-4, headLr=1e-3, weights={"topic": 1.0, "sentiment": 1.0})


def median_ms(work):
    times = []
    for _ in range(WARM_UPS + ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return round(statistics.median(times[WARM_UPS:]), 1)


def measure(folder):
    bert = BertModel.from_pretrained(folder, dtype=torch.float32)
    model = training.Classifier(bert, "mean", CLASSES).eval()
    sentences = torch.randint(1000, bert.config.vocab_size, (SENTENCES, TOKENS)).tolist()
    labels = {task: torch.randint(0, c, (SENTENCES,)) for task, c in CLASSES.items()}
    adamw = training.optimizer(model, SETTINGS)
    fused = training.optimizer(model, SETTINGS, fused=True)

    def forward():
        with torch.no_grad():
            model(sentences)

    def step(optimizer):
        total = training.losses(model(sentences), labels, SETTINGS.weights)[1]
        training.step(model, total, optimizer, SETTINGS)

    return {"forwardMs": median_ms(forward), "stepMs": median_ms(lambda: step(adamw)),
            "fusedStepMs": median_ms(lambda: step(fused))}


def main(folder):
    recording.settle(0)
    torch.use_deterministic_algorithms(False)
    result = {"torch": recording.versions()["torch"], "sentences": SENTENCES, "tokens": TOKENS, "rounds": ROUNDS, "threads": {}}
    for threads in (1, 2):
        torch.set_num_threads(threads)
        result["threads"][str(threads)] = measure(folder)
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
