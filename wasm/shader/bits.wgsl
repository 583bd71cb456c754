// The counter-based generator of core/kernel, bit for bit.
fn mix_bits(v: u32) -> u32 {
  var x = v;
  x ^= x >> 16u;
  x *= 0x7feb352du;
  x ^= x >> 15u;
  x *= 0x846ca68bu;
  return x ^ (x >> 16u);
}

// The factor of dropout of the element with this index: 0 or scale, 1 without dropout.
fn keep(index: u32) -> f32 {
  let b = mix_bits(mix_bits(index * 0x9e3779b9u + u.key0) ^ u.key1);
  return select(select(u.scale, 0.0, b < u.threshold), 1.0, u.threshold == 0u);
}
