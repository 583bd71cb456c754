"""Prints the keys, types and shapes of safetensors files: python contents.py FILE…"""

import sys

from safetensors import safe_open


def contents(path):
    with safe_open(path, framework="pt") as f:
        for name in sorted(f.keys()):
            s = f.get_slice(name)
            yield f"{name} {s.get_dtype()} {s.get_shape()}"


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(path)
        for line in contents(path):
            print("  " + line)
