"""Records what scikit-learn's PCA makes of small sets of features, and linear CKA by its Gram form, for core/report.

Writes core/report/testdata/features.json. Needs scikit-learn 1.9 and numpy only. A component's sign is set so that its
greatest loading by size is positive.
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.decomposition import PCA

FILE = pathlib.Path(__file__).resolve().parents[2] / "core" / "report" / "testdata" / "features.json"


def features(rng, rows, width):
    """Correlated features of falling variance round a mean that is not 0, in float32."""
    mix = rng.normal(size=(width, width)) / numpy.sqrt(width)
    spread = 3 * 0.6 ** numpy.arange(width)
    return (rng.normal(size=(rows, width)) * spread @ mix + rng.normal(size=width)).astype(numpy.float32)


def components(x, k):
    fit = PCA(n_components=k, svd_solver="full").fit(x.astype(numpy.float64))
    v = fit.components_
    signs = numpy.sign(v[numpy.arange(k), abs(v).argmax(1)])
    return fit, v * signs[:, None], fit.transform(x.astype(numpy.float64)) * signs


def cka(x, y):
    """tr(K L) / (|K| |L|) for K = X X' and L = Y Y' centred on both sides."""
    n = len(x)
    centre = numpy.eye(n) - numpy.full((n, n), 1 / n)
    k, l = (centre @ (z @ z.T) @ centre for z in (x.astype(numpy.float64), y.astype(numpy.float64)))
    return (k * l).sum() / numpy.linalg.norm(k) / numpy.linalg.norm(l)


def plain(x):
    return [[float(numpy.format_float_positional(v, unique=True)) for v in row] for row in x]


def record(seed, rows, width, k, other):
    rng = numpy.random.default_rng(seed)
    x = features(rng, rows, width)
    y = (x[:, :other] + 0.5 * rng.normal(size=(rows, other))).astype(numpy.float32)
    fit, v, places = components(x, k)
    return {
        "x": plain(x),
        "y": plain(y),
        "components": v.tolist(),
        "mean": fit.mean_.tolist(),
        "explained": fit.explained_variance_ratio_.tolist(),
        "places": places.tolist(),
        "cka": cka(x, y),
    }


if __name__ == "__main__":
    sets = [record(1, 40, 9, 4, 5), record(2, 11, 23, 5, 7)]
    meta = {"sklearn": sklearn.__version__, "numpy": numpy.__version__}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps({"meta": meta, "sets": sets}) + "\n", encoding="utf-8")
    print(f"{FILE.name}: {len(sets)} sets, {FILE.stat().st_size} bytes")
