"""Fits the constants of core/kernel/exp.go: erf(x)/x as a quotient of polynomials in x^2, and exp on [-ln2/2, ln2/2].

Needs numpy. Prints the constants and their greatest error in float32.
"""
import math

import numpy as np

C, N = 3.92, 4001  # erf(3.92) differs from 1 by less than half a unit of float32


def rational(f, t, dp, dq, rounds=80):
    """P/Q of degrees dp and dq for f at t, relative error evened out by reweighted least squares."""
    w, q = np.ones(len(t)), np.ones(len(t))
    for _ in range(rounds):
        a = np.hstack([t[:, None] ** np.arange(dp + 1), -f[:, None] * t[:, None] ** np.arange(1, dq + 1)])
        s = np.sqrt(w) / (np.abs(q) * f)
        co, *_ = np.linalg.lstsq(a * s[:, None], f * s, rcond=None)
        p, qq = co[: dp + 1], np.concatenate([[1], co[dp + 1 :]])
        q = np.polyval(qq[::-1], t)
        r = np.polyval(p[::-1], t) / q / f - 1
        w = w * (np.abs(r) / np.abs(r).max() + 0.05)
        w /= w.mean()
    return p, qq, np.abs(r).max()


def horner(c, t):
    y = np.float32(c[-1]) * np.ones_like(t)
    for v in c[-2::-1]:
        y = y * t + np.float32(v)
    return y


def main():
    u = 0.5 - 0.5 * np.cos(np.pi * (np.arange(N) + 0.5) / N)
    x = np.sqrt(u) * C
    f = np.array([math.erf(v) / v for v in x])
    for dp, dq in ((4, 4), (5, 4), (5, 5), (6, 5)):
        p, q, e = rational(f, u, dp, dq)
        p, q = p / (C * C) ** np.arange(dp + 1), q / (C * C) ** np.arange(dq + 1)
        xs = np.linspace(-6, 6, 400001).astype(np.float32)
        xc = np.clip(xs, -np.float32(C), np.float32(C))
        got = xc * horner(p, xc * xc) / horner(q, xc * xc)
        err = np.abs(got - np.array([math.erf(float(v)) for v in xs])).max()
        print("erf", dp, dq, "fit", e, "float32", err, [float(np.float32(v)) for v in p], [float(np.float32(v)) for v in q])
    h = math.log(2) / 2
    t = -h + 2 * h * u
    p, _, e = rational(np.exp(t), t, 6, 0)
    xs = np.linspace(-h, h, 100001).astype(np.float32)
    print("exp", e, np.abs(horner(p, xs) / np.exp(xs.astype(np.float64)) - 1).max(), [float(np.float32(v)) for v in p])


main()
