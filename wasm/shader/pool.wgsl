// One invocation a column of a sentence. Its work goes over the rows from lo to hi.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let c = wg.x * 64u + l;
  let b = wg.y + wg.z * 65535u;
  if (c >= u.h || b >= u.sentences) { return; }
  let lo = u32(offsets[u.offsets0 + b]);
  let hi = select(lo + 1u, u32(offsets[u.offsets0 + b + 1u]), u.mean != 0u);
  {{run}}
}
