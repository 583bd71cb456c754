// One workgroup; each invocation takes every 64th row.
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) l: u32) {
  var sum = 0.0;
  for (var r = l; r < u.rows; r += 64u) {
    let z = u.logits0 + r * u.c;
    let d = u.dlogits0 + r * u.c;
    let label = labels[u.labels0 + r];
    var top = logits[z];
    for (var i = 1u; i < u.c; i++) { top = max(top, logits[z + i]); }
    var all = 0.0;
    for (var i = 0u; i < u.c; i++) { all += exp(logits[z + i] - top); }
    for (var i = 0u; i < u.c; i++) {
      let p = exp(logits[z + i] - top) / all - select(0.0, 1.0, i32(i) == label);
      dlogits[d + i] = select(u.scale * p, 0.0, label < 0);
    }
    if (label >= 0) { sum += top + log(all) - logits[z + min(u32(label), u.c - 1u)]; }
  }
  let all = total(sum, l);
  if (l == 0u) { loss[u.loss0] = select(0.0, loss[u.loss0], u.acc != 0u) + all; }
}
