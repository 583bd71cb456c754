// The same gradient handed on to both terms of the sum that was normalised: to the residual, and through dropout to x.
    let sum = ds[u.ds0 + at + i];
    r[u.r0 + at + i] = sum + select(0.0, r[u.r0 + at + i], u.accr != 0u);
    dx[u.dx0 + at + i] = fma(keep(at + i), sum, select(0.0, dx[u.dx0 + at + i], u.accx != 0u));
