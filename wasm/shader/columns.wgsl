// Sums down the rows: 64 columns a workgroup, four invocations a column, each over every fourth row.
var<workgroup> part: array<f32, 256>;

fn fold(v: f32, c: u32, q: u32) -> f32 {
  part[q * 64u + c] = v;
  workgroupBarrier();
  let sum = (part[c] + part[64u + c]) + (part[128u + c] + part[192u + c]);
  workgroupBarrier();
  return sum;
}

@compute @workgroup_size(64, 4)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) l: vec3u) {
  let c = wg.x * 64u + l.x;
  let column = min(c, u.n - 1u);
  var sum = 0.0;
  var other = 0.0;
  for (var r = l.y; r < u.m; r += 4u) { {{body}} }
  let all = fold(sum, l.x, l.y);
  {{second}}
  if (l.y == 0u && c < u.n) {
    y[u.y0 + c] = select(0.0, y[u.y0 + c], u.acc != 0u) + all;
    {{store}}
  }
}
