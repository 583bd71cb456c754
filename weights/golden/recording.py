"""What every recording needs: one thread, float32, fixed seeds, and files that come out the same each time."""

import json
import pathlib
import platform

import numpy
import torch
import transformers
from safetensors.torch import save_file

CORE = pathlib.Path(__file__).resolve().parents[2] / "core"


def settle(seed):
    """Makes what follows repeatable on one machine with the versions of requirements.txt."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(seed)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def versions():
    return {
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "numpy": numpy.__version__,
    }


def folder(*parts):
    path = CORE.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_tensors(path, tensors):
    """Writes a safetensors file. Each tensor becomes one contiguous array of its own."""
    save_file({name: t.detach().clone().contiguous() for name, t in tensors.items()}, str(path))
    path.chmod(0o644)


def write_json(path, value):
    """Writes JSON with every digit a float32 or float64 needs to come back as it was."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
