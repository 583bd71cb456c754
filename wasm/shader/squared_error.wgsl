// NaN targets are left out. WGSL may take it that no value is NaN, so the bits are looked at.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
  var sum = 0.0;
  for (var i = l; i < u.n; i += 64u) {
    let wanted = target_bits[u.target_bits0 + i];
    var d = 0.0;
    if ((wanted & 0x7fffffffu) <= 0x7f800000u) { d = y[u.y0 + i] - bitcast<f32>(wanted); }
    dy[u.dy0 + i] = u.scale * 2.0 * d;
    sum = fma(d, d, sum);
  }
  let all = total(sum, l);
  if (l == 0u) { loss[u.loss0] = select(0.0, loss[u.loss0], u.acc != 0u) + all; }
}
