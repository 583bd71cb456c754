"""Two small random DistilBERT encoders of odd sizes, what transformers computes with them, and training on the first.

Writes core/encoder/testdata/distilbert (saved as transformers saves a DistilBertModel), core/encoder/testdata/distilbert2 (a
DistilBertForMaskedLM in float16 and in shards with an index: prefix, tensors of the pre-training head), and
core/train/testdata/distilbert-mean and distilbert-hf as train_random.py does for BERT. DistilBERT's own head is checked
against transformers' DistilBertForSequenceClassification on the way.
"""

import torch
from transformers import DistilBertConfig, DistilBertForMaskedLM, DistilBertForSequenceClassification, DistilBertModel

import bert_random
import packed
import recording
import train_random

ODD = dict(vocab_size=97, dim=27, n_heads=3, n_layers=3, hidden_dim=38, max_position_embeddings=40, initializer_range=0.2)
OLD = dict(vocab_size=53, dim=20, n_heads=2, n_layers=2, hidden_dim=33, max_position_embeddings=35, initializer_range=0.2)
SHARD = "12KB"


def random_distilbert(cls, sizes, seed):
    """Builds a model in eval mode, attention as plain products and a softmax."""
    recording.settle(seed)
    model = cls(DistilBertConfig(**sizes, attn_implementation="eager"))
    bert_random.randomise(model, torch.Generator().manual_seed(seed))
    return model.eval()


def save(model, path, **how):
    model.save_pretrained(path, **how)
    for file in path.iterdir():
        file.chmod(0o644)


def record_odd():
    path = recording.folder("encoder", "testdata", "distilbert")
    model = random_distilbert(DistilBertModel, ODD, 11)
    save(model, path)
    recording.write_tensors(path / "golden.safetensors", bert_random.golden(model, 12))


def record_shards():
    """What is recorded is computed in float32 with the weights that float16 has left."""
    path = recording.folder("encoder", "testdata", "distilbert2")
    model = random_distilbert(DistilBertForMaskedLM, OLD, 13).half()
    save(model, path, max_shard_size=SHARD)
    recording.write_tensors(path / "golden.safetensors", bert_random.golden(model.float().distilbert, 14))


def check_head():
    """Compares the head of training.py with transformers' own, given the same weights."""
    ours = train_random.random_model("hf", family="distilbert")
    sentences, _ = train_random.random_examples(23, 6)
    ids, mask = packed.padded(sentences)
    for task, classes in train_random.CLASSES.items():
        config = DistilBertConfig(**ODD, num_labels=classes, attn_implementation="eager")
        judge = DistilBertForSequenceClassification(config).eval()
        judge.distilbert.load_state_dict(ours.distilbert.state_dict())
        judge.pre_classifier.load_state_dict(ours.heads[task]["pre_classifier"].state_dict())
        judge.classifier.load_state_dict(ours.heads[task]["classifier"].state_dict())
        with torch.no_grad():
            torch.testing.assert_close(ours(sentences)[task], judge(input_ids=ids, attention_mask=mask).logits, rtol=0, atol=1e-6)


if __name__ == "__main__":
    record_odd()
    record_shards()
    recording.settle(5)
    check_head()
    for kind in ("mean", "hf"):
        train_random.record(kind, "distilbert")
