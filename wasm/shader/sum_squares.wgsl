// A workgroup leaves one partial sum, of its 16,384 elements. A square that is not finite makes it NaN: by its bits, for WGSL
// promises nothing about infinities.
var<workgroup> part: array<f32, 256>;
var<workgroup> wrong: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let first = wg.x * 16384u + l;
  var sum = 0.0;
  var bad = 0u;
  for (var k = 0u; k < 64u; k++) {
    let i = first + k * 256u;
    if (i < u.n) {
      let bits = x[u.x0 + i];
      let finite = (bits & 0x7fffffffu) < 0x5f800000u; // below 2⁶⁴, whose square is too large
      let e = select(0.0, bitcast<f32>(bits), finite);
      sum = fma(e, e, sum);
      bad |= select(1u, 0u, finite);
    }
  }
  part[l] = sum;
  wrong[l] = f32(bad);
  workgroupBarrier();
  for (var s = 128u; s > 0u; s >>= 1u) {
    if (l < s) {
      part[l] += part[l + s];
      wrong[l] += wrong[l + s];
    }
    workgroupBarrier();
  }
  if (l == 0u) { partial[u.partial0 + wg.x] = select(bitcast<u32>(part[0]), u.nan, wrong[0] > 0.0); }
}
