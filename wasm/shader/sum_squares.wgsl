// One partial sum for each 16,384 elements. A square that is not finite makes the partial sum NaN: by its bits, for WGSL
// promises nothing about infinities.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let end = min(u.n, (wg.x + 1u) * 16384u);
  var sum = 0.0;
  var bad = 0.0;
  for (var i = wg.x * 16384u + l; i < end; i += 64u) {
    let bits = x[u.x0 + i];
    let finite = (bits & 0x7fffffffu) < 0x5f800000u; // below 2⁶⁴, whose square is too large
    let e = select(0.0, bitcast<f32>(bits), finite);
    sum = fma(e, e, sum);
    bad += select(1.0, 0.0, finite);
  }
  let all = total(sum, l);
  let wrong = total(bad, l);
  if (l == 0u) { partial[u.partial0 + wg.x] = select(bitcast<u32>(all), u.nan, wrong > 0.0); }
}
