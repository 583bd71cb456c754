// 1 - erf(|x|) by Abramowitz and Stegun 7.1.26, whose error is below 1.5e-7. half is exp(-x²), which the slope needs too.
fn erfc_abs(x: f32, half: f32) -> f32 {
  let t = 1.0 / fma(0.3275911, abs(x), 1.0);
  let p = fma(fma(fma(fma(1.061405429, t, -1.453152027), t, 1.421413741), t, -0.284496736), t, 0.254829592);
  return p * t * half;
}

// The Gaussian distribution Φ(x); exp is cut off where it no longer matters, for it must not underflow to anything odd.
fn phi_sum(x: f32, half: f32) -> f32 {
  let e = 0.5 * erfc_abs(x * 0.70710678118, half);
  return select(e, 1.0 - e, x >= 0.0);
}

fn bell(x: f32) -> f32 { return exp(-0.5 * min(x * x, 160.0)); }

fn gelu(x: f32) -> f32 { return x * phi_sum(x, bell(x)); }

// Φ(x) + x φ(x)
fn gelu_slope(x: f32) -> f32 {
  let b = bell(x);
  return fma(x * b, 0.39894228040, phi_sum(x, b));
}
