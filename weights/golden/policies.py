"""Freeze policies as thaw words them: terms joined by commas, later terms win, `!` thaws, `*` matches dots too."""

import re

EMBEDDINGS = re.compile(r"(bert|distilbert)\.embeddings\.")
LAYER = re.compile(r"(?:bert\.encoder|distilbert\.transformer)\.layer\.(\d+)\.")


def term_matches(term, name, tasks):
    """Says whether a term without its `!` speaks of the parameter of that name."""
    encoder = not name.startswith("heads.")
    if term == "all":
        return True
    if term == "backbone":
        return encoder
    if m := re.fullmatch(r"layers:(\d+)", term):
        layer = LAYER.match(name)
        return bool(EMBEDDINGS.match(name) or layer and int(layer[1]) < int(m[1]))
    if m := re.fullmatch(r"head:([a-z0-9_-]+)", term):
        assert m[1] in tasks, term
        return name.startswith(f"heads.{m[1]}.")
    pattern = ".*".join(map(re.escape, term.split("*")))
    return any(re.fullmatch(pattern, n) for n in (name, name.removeprefix("bert.").removeprefix("distilbert.")))


def frozen(policy, name, tasks):
    """Says whether the policy freezes the parameter of that name."""
    result = False
    for term in policy.split(","):
        if term == "none":
            result = False
        elif term_matches(term.removeprefix("!"), name, tasks):
            result = not term.startswith("!")
    return result
