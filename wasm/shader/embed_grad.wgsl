// The runs of tokens with one id: table holds the ids, where their runs begin in order, and order. One invocation a column
// of an id walks its run, so each sum has one writer and one order.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {
  let c = wg.x * 64u + l;
  let s = wg.y + wg.z * 65535u;
  if (c >= u.h || s >= u.ids) { return; }
  let at = u.dw0 + table[u.table0 + s] * u.h + c;
  let begin = table[u.table0 + u.ids + s];
  let end = table[u.table0 + u.ids + s + 1u];
  var sum = dw[at];
  for (var i = begin; i < end; i++) {
    sum += dy[u.dy0 + table[u.table0 + 2u * u.ids + 1u + i] * u.h + c];
  }
  dw[at] = sum;
}
