"""Writes reference.safetensors with the reference implementation (safetensors 0.8.0): python reference.py"""
from pathlib import Path

import torch
from safetensors.torch import save_file

tensors = {
    "half": torch.tensor([1.5, -0.25, 65504.0, 6e-8], dtype=torch.float16),
    "brain": torch.tensor([[1.5], [-3.0]], dtype=torch.bfloat16),
    "float": torch.tensor([[0.1, -2.0, 3e38]], dtype=torch.float32),
    "position_ids": torch.arange(3).reshape(1, 3),
    "ids": torch.tensor([7, -7], dtype=torch.int32),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "mask": torch.tensor([True, False, True]),
    "scalar": torch.tensor(4.0),
    "empty": torch.zeros(0, 5),
}
save_file(tensors, Path(__file__).with_name("reference.safetensors"), metadata={"format": "pt", "note": "grün"})
