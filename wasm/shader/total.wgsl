var<workgroup> part: array<f32, 64>;

// The sum of v over the 64 invocations of a workgroup, in one order always. The last barrier lets part be used again.
fn total(v: f32, l: u32) -> f32 {
  part[l] = v;
  workgroupBarrier();
  for (var s = 32u; s > 0u; s >>= 1u) {
    if (l < s) { part[l] += part[l + s]; }
    workgroupBarrier();
  }
  let sum = part[0];
  workgroupBarrier();
  return sum;
}
