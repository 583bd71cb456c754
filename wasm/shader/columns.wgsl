// Sums down the rows: 16 columns a workgroup, 16 invocations a column, each over every sixteenth row. Few columns and many rows are
// the rule, so that cards with room for thousands of invocations need the rows to be shared.
var<workgroup> part: array<f32, 256>;

fn fold(v: f32, c: u32, q: u32) -> f32 {
  part[q * 16u + c] = v;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < 16u; i++) { sum += part[i * 16u + c]; }
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) l: vec3u) {
  let c = wg.x * 16u + l.x;
  let column = min(c, u.n - 1u);
  var sum = 0.0;
  var other = 0.0;
  for (var r = l.y; r < u.m; r += 16u) { {{body}} }
  let all = fold(sum, l.x, l.y);
  {{second}}
  if (l.y == 0u && c < u.n) {
    y[u.y0 + c] = select(0.0, y[u.y0 + c], u.acc != 0u) + all;
    {{store}}
  }
}
