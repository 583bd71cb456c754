// A region is eight words of table: g, p, n, then the bits of keep, step and root, and two spare. Regions lie in ascending
// order of g; the invocation finds its own by halving.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) l: u32) {
  let i = (wg.y * grid.x + wg.x) * 256u + l;
  if (i >= u.n) { return; }
  let squared = norm[u.norm0];
  if ((squared & 0x7f800000u) == 0x7f800000u) { return; }
  var lo = 0u;
  var hi = u.regions;
  while (hi - lo > 1u) {
    let mid = (lo + hi) / 2u;
    if (table[u.table0 + mid * 8u] <= i) { lo = mid; } else { hi = mid; }
  }
  let r = u.table0 + lo * 8u;
  let begin = table[r];
  if (i < begin || i - begin >= table[r + 2u]) { return; }
  let length = sqrt(bitcast<f32>(squared));
  let factor = select(1.0, min(1.0, u.clip / (length + 1e-6)), u.clip > 0.0);
  let e = g[u.g0 + i] * factor;
  let m1 = fma(u.beta1, m[u.m0 + i], u.ibeta1 * e);
  let v1 = fma(u.beta2, v[u.v0 + i], u.ibeta2 * e * e);
  m[u.m0 + i] = m1;
  v[u.v0 + i] = v1;
  let at = u.p0 + table[r + 1u] + (i - begin);
  let keep = bitcast<f32>(table[r + 3u]);
  let step = bitcast<f32>(table[r + 4u]);
  let root = bitcast<f32>(table[r + 5u]);
  // sqrt(0) may come out as anything on some devices, so it is not taken.
  let deviation = select(0.0, sqrt(v1), v1 > 0.0) * root + u.eps;
  p[at] = p[at] * keep - step * m1 / deviation;
}
