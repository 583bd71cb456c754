// A region is eight words of table: g, p, n in values, then the bits of keep, step and root, and two spare. Regions lie in ascending
// order of g. An invocation takes four values, every 256th; it finds the region of its workgroup's first by halving, and goes on from
// there.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) l: u32) {
  let first = (wg.y * grid.x + wg.x) * 1024u;
  let squared = norm[u.norm0];
  if (first >= u.n || (squared & 0x7f800000u) == 0x7f800000u) { return; }
  let length = sqrt(bitcast<f32>(squared));
  let factor = select(1.0, min(1.0, u.clip / (length + 1e-6)), u.clip > 0.0);
  var lo = 0u;
  var hi = u.regions;
  while (hi - lo > 1u) {
    let mid = (lo + hi) / 2u;
    if (table[u.table0 + mid * 8u] <= first) { lo = mid; } else { hi = mid; }
  }
  for (var k = 0u; k < 4u; k++) {
    let i = first + k * 256u + l;
    if (i >= u.n) { return; }
    while (lo + 1u < u.regions && table[u.table0 + lo * 8u + 8u] <= i) { lo++; }
    let r = u.table0 + lo * 8u;
    let begin = table[r];
    if (i < begin || i - begin >= table[r + 2u]) { continue; }
    let e = g[u.g0 / UNIT + i] * factor;
    let m1 = fma(VALUE(u.beta1), m[u.m0 / UNIT + i], u.ibeta1 * e);
    let v1 = fma(VALUE(u.beta2), v[u.v0 / UNIT + i], u.ibeta2 * e * e);
    m[u.m0 / UNIT + i] = m1;
    v[u.v0 / UNIT + i] = v1;
    let at = u.p0 / UNIT + table[r + 1u] + (i - begin);
    let keep = bitcast<f32>(table[r + 3u]);
    let step = bitcast<f32>(table[r + 4u]);
    let root = bitcast<f32>(table[r + 5u]);
    // sqrt(0) may come out as anything on some devices, so it is not taken.
    let deviation = select(VALUE(0.0), sqrt(v1), v1 > VALUE(0.0)) * root + u.eps;
    p[at] = p[at] * keep - step * m1 / deviation;
  }
}
