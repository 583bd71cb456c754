"""Records what scikit-learn's LogisticRegression makes of small sets of features, for the tests of core/probe.

Writes core/probe/testdata/logistic.json. Needs scikit-learn 1.9 and numpy only. Each set is a mixture of normal
distributions that overlap, with features of different scales, and a few rows without a label (-1), which are left out.

The penalty of core/probe is L2/2 |W|^2 over all classes. scikit-learn's C is 1/L2 for three classes and more; for two it
fits one vector, the difference of the two of core/probe, and its C is 2/L2.
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

FILE = pathlib.Path(__file__).resolve().parents[2] / "core" / "probe" / "testdata" / "logistic.json"


def features(rng, rows, width, classes):
    """Rows [rows, width] in float32 and labels, every seventh of them -1."""
    centres = rng.normal(size=(classes, width))
    labels = rng.integers(classes, size=rows)
    labels[:classes] = range(classes)
    scale, shift = numpy.linspace(0.3, 3, width), numpy.linspace(-2, 2, width)
    x = ((centres[labels] + 1.2 * rng.normal(size=(rows, width))) * scale + shift).astype(numpy.float32)
    labels[6::7] = -1
    return x, labels


def fit(x, labels, l2, standardize):
    """The exact optimum as float64 weights [classes, width] and biases for features as they came, and the mean loss."""
    used = labels >= 0
    x, y = x[used].astype(numpy.float64), labels[used]
    mean = x.mean(0)
    scale = x.std(0) if standardize else numpy.ones_like(mean)
    two = y.max() == 1
    model = LogisticRegression(C=(2 if two else 1) / l2, solver="lbfgs", tol=1e-12, max_iter=100_000)
    model.fit((x - mean) / scale, y)
    w, b = model.coef_, model.intercept_
    if two:
        w, b = numpy.concatenate([-w, w]) / 2, numpy.concatenate([-b, b]) / 2
    w = w / scale
    b = b - w @ mean
    z = x @ w.T + b
    loss = numpy.mean(numpy.log(numpy.exp(z).sum(1)) - z[numpy.arange(len(y)), y])
    return w, b, loss


def record(seed, rows, width, classes, l2, standardize):
    x, labels = features(numpy.random.default_rng(seed), rows, width, classes)
    w, b, loss = fit(x, labels, l2, standardize)
    return {
        "classes": classes,
        "l2": l2,
        "standardize": standardize,
        "x": [[float(numpy.format_float_positional(v, unique=True)) for v in row] for row in x],
        "labels": labels.tolist(),
        "weight": w.tolist(),
        "bias": b.tolist(),
        "loss": loss,
    }


if __name__ == "__main__":
    sets = [
        record(1, 60, 7, 3, 1, False),
        record(2, 61, 9, 4, 0.25, False),
        record(3, 50, 5, 2, 1, False),
        record(4, 62, 8, 5, 1, True),
        record(5, 45, 3, 2, 10, True),
    ]
    meta = {"sklearn": sklearn.__version__, "numpy": numpy.__version__}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"meta": meta, "sets": sets}) + "\n", encoding="utf-8")
    print(f"{FILE.name}: {len(sets)} sets, {FILE.stat().st_size} bytes")
