"""Asks Hugging Face tokenizers about every code point and writes core/tokenizer/tables_gen.go."""

import subprocess
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)


def bert(**flags):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | flags)).normalize_str


def classify():
    """The sets of code points that each stage of the normaliser and the splitter tells apart."""
    clean, chinese, strip = bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True)
    nfd, split = normalizers.NFD().normalize_str, pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    sets = {name: [] for name in ("removed", "space", "chinese", "mark", "white", "punct", "word")}
    for c in CODE_POINTS:
        ch = chr(c)
        cleaned = clean(ch)
        if cleaned == "":
            sets["removed"].append(c)
        elif cleaned != ch:
            assert cleaned == " ", hex(c)
            sets["space"].append(c)
        if chinese(ch) != ch:
            assert chinese(ch) == f" {ch} ", hex(c)
            sets["chinese"].append(c)
        if strip(ch) == "" and nfd(ch) == ch:
            sets["mark"].append(c)
        pieces = [p for p, _ in split(f"a{ch}b")]
        if pieces == ["a", "b"]:
            sets["white"].append(c)
        elif pieces == ["a", ch, "b"]:
            sets["punct"].append(c)
        else:
            assert pieces == [f"a{ch}b"], hex(c)
    sets["word"] = word_characters()
    sets["removed"].sort()
    return sets


def word_characters():
    r"""Code points before which a single_word added token does not match: \w of the library's regular expressions."""
    tok = Tokenizer(models.WordLevel({"u": 0}, unk_token="u"))
    tok.add_tokens([AddedToken("<w>", single_word=True, normalized=False)])
    found = []
    for c in CODE_POINTS:
        before, after = tok.encode(chr(c) + "<w>").ids, tok.encode("<w>" + chr(c)).ids
        assert (1 in before) == (1 in after), hex(c)
        if 1 not in before:
            found.append(c)
    return found


def decompositions():
    nfd, strip = normalizers.NFD().normalize_str, bert(strip_accents=True)
    table = {}
    for c in CODE_POINTS:
        d = nfd(chr(c))
        if c in HANGUL:
            assert d == unicodedata.normalize("NFD", chr(c)), hex(c)
        elif d != chr(c):
            table[c] = [ord(x) for x in d]
        # What strip_accents leaves of a character is what it leaves of the parts.
        assert strip(chr(c)) == "".join(strip(x) for x in d), hex(c)
    return table


def lower_case():
    lower = bert(lowercase=True)
    table = {}
    for c in CODE_POINTS:
        low = lower(chr(c))
        if c == 0x130:
            assert low == "i\u0307"  # the only one that becomes two; written into lower() in normalize.go
        elif low != chr(c):
            assert len(low) == 1, hex(c)
            table[c] = ord(low)
    return table


def combining_classes(decomposed):
    """Canonical combining classes, found by watching which of two marks NFD puts first."""
    nfd = normalizers.NFD().normalize_str

    def swaps(a, b):  # a stands after b although it was written before: class(a) > class(b) > 0
        return nfd(a + b) == b + a and a != b

    # One mark of each class to measure with, an old one where there is one.
    known = {}
    for database in (unicodedata.ucd_3_2_0, unicodedata):
        for ch in map(chr, range(0x300, 0x1E000)):
            if database.combining(ch) and not unicodedata.decomposition(ch):
                known.setdefault(database.combining(ch), ch)
    lowest, highest = known[min(known)], known[max(known)]
    known = {k: ch for k, ch in known.items() if swaps(ch, lowest) or swaps(highest, ch)}
    classes = {}
    for c in CODE_POINTS:
        ch = chr(c)
        if c in decomposed or c in HANGUL or not (swaps(ch, lowest) or swaps(highest, ch)):
            continue
        equal = [k for k, probe in known.items() if not swaps(ch, probe) and not swaps(probe, ch)]
        assert len(equal) == 1, (hex(c), equal)
        classes[c] = equal[0]
    return classes


def uvarint(n):
    assert n >= 0
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return uvarint(n << 1 if n >= 0 else (-n << 1) - 1)


def pack_set(points):
    """Runs as (code points skipped since the last run, length - 1)."""
    out, i, at = b"", 0, 0
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1:
            j += 1
        out += uvarint(points[i] - at) + uvarint(j - i)
        at, i = points[j] + 1, j + 1
    return out


def pack_map(table, difference):
    """Runs as (skipped, (length-1)<<1 | every second, value): one value, or the same difference, for the whole run."""
    value = (lambda c: table[c] - c) if difference else (lambda c: table[c])
    points, out, i, at = sorted(table), b"", 0, 0
    while i < len(points):
        best, step = i, 1
        for s in (1, 2):
            j = i
            while j + 1 < len(points) and points[j + 1] == points[j] + s and value(points[j + 1]) == value(points[i]):
                j += 1
            if j > best:
                best, step = j, s
        out += uvarint(points[i] - at) + uvarint((best - i) << 1 | step - 1) + zigzag(value(points[i]))
        at, i = points[best] + 1, best + 1
    return out


def pack_decompositions(table):
    """Entries as (skipped, number of code points, each of them)."""
    out, at = b"", 0
    for c in sorted(table):
        out += uvarint(c - at) + uvarint(len(table[c])) + b"".join(uvarint(d) for d in table[c])
        at = c + 1
    return out


def literal(name, doc, packed):
    def text(chunk):
        return "".join(chr(b) if 0x20 <= b < 0x7F and chr(b) not in '"\\' else f"\\x{b:02x}" for b in chunk)

    lines = [f'"{text(packed[i:i + 40])}"' for i in range(0, len(packed), 40)]
    return f"// {name} {doc}\nconst {name} = " + " +\n\t".join(lines) + "\n"


SETS = {
    "removed": "is what clean_text removes.",
    "space": "is what clean_text turns into U+0020, that one left out.",
    "chinese": "is what handle_chinese_chars sets between spaces.",
    "mark": "is what strip_accents removes after NFD.",
    "white": "is what separates words and is dropped.",
    "punct": "is what stands as a word by itself.",
    "word": r"is \w at the edge of a single_word added token.",
}


def write(path):
    packed = [(f"{name}Set", SETS[name], pack_set(points)) for name, points in classify().items()]
    table = decompositions()
    packed.append(("classMap", "holds the canonical combining classes other than 0.", pack_map(combining_classes(table), False)))
    packed.append(("lowerMap", "holds the differences between a letter and its lower case.", pack_map(lower_case(), True)))
    packed.append(("decomposeTable", "holds the full canonical decompositions, Hangul left out.", pack_decompositions(table)))
    size = sum(len(p) for _, _, p in packed)
    head = f"""// Code generated by weights/golden/tokenizer.py; DO NOT EDIT.

package tokenizer

// The answers of Hugging Face tokenizers {tokenizers.__version__} for every code point, {size} bytes of varints in all.
// unpack.go says how they are packed.

"""
    path.write_text(head + "\n".join(literal(*p) for p in packed))
    subprocess.run(["gofmt", "-w", str(path)], check=True)
    print(f"{path}: {size} bytes of tables ({', '.join(f'{n} {len(p)}' for n, _, p in packed)})")
