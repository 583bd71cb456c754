// ds += rstd · (g - mean(g) - x · mean(g · x)) with g = dy · w and x = (s - mean) · rstd; one workgroup or one invocation a row.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) l: u32) {
  let row = {{row}};
  if (row >= u.rows) { return; }
  let at = row * u.h;
  let mean = stat[u.stat0 + 2u * row];
  let rstd = stat[u.stat0 + 2u * row + 1u];
  var m1 = 0.0;
  var m2 = 0.0;
  for (var i = {{first}}; i < u.h; i += {{step}}) {
    let g = dy[u.dy0 + at + i] * w[u.w0 + i];
    m1 += g;
    m2 = fma(g, (s[u.s0 + at + i] - mean) * rstd, m2);
  }
  m1 = total(m1, l) / f32(u.h);
  m2 = total(m2, l) / f32(u.h);
  for (var i = {{first}}; i < u.h; i += {{step}}) {
    let g = dy[u.dy0 + at + i] * w[u.w0 + i];
    let x = (s[u.s0 + at + i] - mean) * rstd;
    ds[u.ds0 + at + i] = fma(rstd, g - m1 - x * m2, select(0.0, ds[u.ds0 + at + i], u.acc != 0u));
    {{sum}}
  }
}
