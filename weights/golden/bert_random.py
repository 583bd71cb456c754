"""Two small random BERT encoders of odd sizes, and what transformers computes with them.

Writes core/encoder/testdata/bert (saved as transformers saves a BertModel) and core/encoder/testdata/bert2 (the look of an
old pre-training checkpoint: prefix, gamma and beta, position_ids, tensors of the pre-training heads).
"""

import torch
from transformers import BertConfig, BertForPreTraining, BertModel

import packed
import recording

LENGTHS = [1, 7, 8, 33, 12]

ODD = dict(vocab_size=97, hidden_size=36, num_attention_heads=3, num_hidden_layers=3, intermediate_size=52,
           max_position_embeddings=40, type_vocab_size=2, layer_norm_eps=1e-12, hidden_act="gelu", initializer_range=0.2)

OLD = dict(vocab_size=53, hidden_size=24, num_attention_heads=2, num_hidden_layers=2, intermediate_size=41,
           max_position_embeddings=35, type_vocab_size=3, layer_norm_eps=1e-5, hidden_act="gelu", initializer_range=0.2)


def randomise(model, generator):
    """Gives every tensor values that matter: a zero bias or a LayerNorm of ones would hide a mistake."""
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
            p.data = 1 + 0.2 * noise
        elif name.endswith(".bias"):
            p.data = 0.1 * noise
        else:
            p.data = 0.2 * noise


def random_bert(cls, sizes, seed):
    """Builds a model in eval mode, attention as plain products and a softmax."""
    recording.settle(seed)
    model = cls(BertConfig(**sizes, attn_implementation="eager"))
    randomise(model, torch.Generator().manual_seed(seed))
    return model.eval()


def golden(encoder, seed):
    """Runs the encoder over sentences of LENGTHS and returns inputs, hidden states and, if it has one, the pooler's output."""
    sentences = packed.random_sentences(LENGTHS, encoder.config.vocab_size, 0, torch.Generator().manual_seed(seed))
    ids, offsets = packed.pack(sentences)
    input_ids, mask = packed.padded(sentences)
    with torch.no_grad():
        out = encoder(input_ids=input_ids, attention_mask=mask, output_hidden_states=True)
    tensors = {"ids": ids, "offsets": offsets}
    if hasattr(out, "pooler_output"):
        tensors["pooler"] = out.pooler_output
    for i, h in enumerate(out.hidden_states):
        tensors[f"hidden.{i}"] = packed.unpad(h, mask)
    return tensors


def old_name(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def old_config(sizes):
    """The fields of a config.json of 2018, and no others."""
    return {"architectures": ["BertForPreTraining"], "attention_probs_dropout_prob": 0.1, "hidden_dropout_prob": 0.1,
            "model_type": "bert", "pad_token_id": 0, **sizes}


def record_odd():
    path = recording.folder("encoder", "testdata", "bert")
    bert = random_bert(BertModel, ODD, 1)
    bert.save_pretrained(path)
    (path / "model.safetensors").chmod(0o644)
    recording.write_tensors(path / "golden.safetensors", golden(bert, 2))


def record_old():
    path = recording.folder("encoder", "testdata", "bert2")
    model = random_bert(BertForPreTraining, OLD, 3)
    tensors = {old_name(name): p for name, p in model.named_parameters()}
    tensors["bert.embeddings.position_ids"] = torch.arange(OLD["max_position_embeddings"])[None]
    recording.write_tensors(path / "model.safetensors", tensors)
    recording.write_json(path / "config.json", old_config(OLD))
    recording.write_tensors(path / "golden.safetensors", golden(model.bert, 4))


if __name__ == "__main__":
    record_odd()
    record_old()
