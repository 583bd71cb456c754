#!/usr/bin/env python3
"""Records what Hugging Face tokenizers does, for core/tokenizer.

    python3 -m venv env && env/bin/pip install tokenizers==0.23.3
    env/bin/python weights/golden/tokenizer.py tables                  # core/tokenizer/tables_gen.go
    env/bin/python weights/golden/tokenizer.py texts --vocab vocab.txt # core/tokenizer/testdata

`tables` asks the library about every code point and writes what it answers; no Unicode database of another version
comes in, only a list of known combining marks to measure the others against. `texts` needs the vocab.txt of an uncased
BERT (all-MiniLM-L6-v2 has the one of bert-base-uncased, 30,522 lines).
"""

import argparse
import sys
from pathlib import Path

import tokenizers

sys.path.insert(0, str(Path(__file__).resolve().parent))

import tokenizer_tables  # noqa: E402
import tokenizer_texts  # noqa: E402

PACKAGE = Path(__file__).resolve().parents[2] / "core" / "tokenizer"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["tables", "texts"])
    parser.add_argument("--vocab", type=Path, help="vocab.txt of bert-base-uncased, for texts")
    args = parser.parse_args()
    if not tokenizers.__version__.startswith("0.23."):
        sys.exit(f"tokenizers {tokenizers.__version__} found, 0.23 wanted: pip install tokenizers==0.23.3")
    if args.what == "tables":
        tokenizer_tables.write(PACKAGE / "tables_gen.go")
    elif args.vocab is None:
        sys.exit("texts needs --vocab FILE")
    else:
        tokenizer_texts.write(PACKAGE / "testdata", args.vocab)


if __name__ == "__main__":
    main()
