// sum += the partial sums, in order within each invocation; what is not finite stays so.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
  var s = 0.0;
  var bad = 0.0;
  for (var i = l; i < u.n; i += 64u) {
    let bits = partial[u.partial0 + i];
    let finite = (bits & 0x7f800000u) != 0x7f800000u;
    s += select(0.0, bitcast<f32>(bits), finite);
    bad += select(1.0, 0.0, finite);
  }
  let all = total(s, l);
  let wrong = total(bad, l);
  if (l == 0u) {
    let was = select(0u, sum[u.sum0], u.acc != 0u);
    let broken = wrong > 0.0 || (was & 0x7f800000u) == 0x7f800000u;
    sum[u.sum0] = select(bitcast<u32>(bitcast<f32>(was) + all), u.nan, broken);
  }
}
