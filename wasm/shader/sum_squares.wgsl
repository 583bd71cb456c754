// Each invocation leaves one partial sum, of every 64th of the 65,536 elements of its workgroup: no barrier is needed. A square
// that is not finite makes the partial sum NaN: by its bits, for WGSL promises nothing about infinities.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let end = min(u.n, (wg.x + 1u) * 65536u);
  var sum = 0.0;
  var bad = 0u;
  for (var i = wg.x * 65536u + l; i < end; i += 64u) {
    let bits = x[u.x0 + i];
    let finite = (bits & 0x7fffffffu) < 0x5f800000u; // below 2⁶⁴, whose square is too large
    let e = select(0.0, bitcast<f32>(bits), finite);
    sum = fma(e, e, sum);
    bad |= select(1u, 0u, finite);
  }
  partial[u.partial0 + wg.x * 64u + l] = select(bitcast<u32>(sum), u.nan, bad != 0u);
}
