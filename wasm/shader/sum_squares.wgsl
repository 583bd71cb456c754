// A workgroup leaves one partial sum, of 16,384 elements. A square that is not finite makes it NaN: by its bits, for WGSL promises
// nothing about infinities.
var<workgroup> part: array<f32, 64>;
var<workgroup> wrong: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let end = min(u.n, (wg.x + 1u) * CHUNK);
  var sum = VALUE();
  var bad = BITS();
  for (var i = wg.x * CHUNK + l; i < end; i += 64u) {
    let bits = x[u.x0 / UNIT + i];
    let finite = (bits & BITS(0x7fffffffu)) < BITS(0x5f800000u); // below 2⁶⁴, whose square is too large
    let e = select(VALUE(), bitcast<VALUE>(bits), finite);
    sum = fma(e, e, sum);
    bad |= select(BITS(1u), BITS(), finite);
  }
  part[l] = TOTAL(sum);
  wrong[l] = f32(TOTAL_BITS(bad));
  workgroupBarrier();
  if (l != 0u) { return; }
  var all = 0.0;
  var broken = 0.0;
  for (var k = 0u; k < 64u; k++) {
    all += part[k];
    broken += wrong[k];
  }
  partial[u.partial0 + wg.x] = select(bitcast<u32>(all), u.nan, broken > 0.0);
}
