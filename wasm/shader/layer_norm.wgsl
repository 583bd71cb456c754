// One workgroup a row, or one invocation a row. Where there is a residual, s[j] is made first.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) l: u32) {
  let row = {{row}};
  if (row >= u.rows) { return; }
  let at = row * u.h;
  var sum = 0.0;
  for (var i = {{first}}; i < u.h; i += {{step}}) {
    let j = u.s0 + at + i;
    {{sum}}
    sum += s[j];
  }
  let mean = total(sum, l) / f32(u.h);
  var squares = 0.0;
  for (var i = {{first}}; i < u.h; i += {{step}}) {
    let e = s[u.s0 + at + i] - mean;
    squares = fma(e, e, squares);
  }
  let rstd = 1.0 / sqrt(total(squares, l) / f32(u.h) + u.eps);
  for (var i = {{first}}; i < u.h; i += {{step}}) {
    y[u.y0 + at + i] = fma((s[u.s0 + at + i] - mean) * rstd, w[u.w0 + i], b[u.b0 + i]);
  }
  if ({{first}} == 0u) {
    stat[u.stat0 + 2u * row] = mean;
    stat[u.stat0 + 2u * row + 1u] = rstd;
  }
}
