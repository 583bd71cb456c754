@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) l: u32) {
  let i = (wg.y * grid.x + wg.x) * 256u + l;
  if (i >= u.n) { return; }
  {{body}}
}
