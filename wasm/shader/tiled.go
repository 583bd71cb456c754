package shader

import "fmt"

// shared has a workgroup load a part of both operands, Depth deep, into its memory, where each invocation finds its own. The
// left operand lies there as in its buffer, [row][k/4], or [k][row/4] for TN; the right one as [k][column/4], which for NT turns
// blocks of four by four round on the way. Whole vectors are written, never a component: two invocations must not share one.
func (g *generator) shared() {
	d, high, wide, vecs := g.t.Depth, g.t.Height(), g.t.Width()/4, g.t.Cols/4
	g.line("var<workgroup> left: array<vec4f, %d>;\nvar<workgroup> right: array<vec4f, %d>;", high*d/4, wide*d)
	g.line("@compute @workgroup_size(%d, %d)\nfn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_id) l: vec3u, @builtin(local_invocation_index) t: u32) {", g.t.X, g.t.Y)
	g.line("  let n4 = u.n / 4u;\n  let k4 = u.k / 4u;\n  let m4 = u.m / 4u;")
	g.line("  let row0 = wg.y * %du;\n  let col0 = wg.x * %du;\n  let row = row0 + l.y * %du;\n  let col = col0 + l.x * %du;", high, wide, g.t.Rows, vecs)
	g.sums()
	g.line("  for (var p = 0u; p < u.k; p += %du) {", d)
	if g.layout == TN {
		g.load(d*high/4, fmt.Sprintf("let k = p + i / %du;\n      let v = x[u.x0 / 4u + min(k, u.k - 1u) * m4 + min(row0 / 4u + i %% %du, m4 - 1u)];\n      left[i] = select(vec4f(), v, k < u.k);", high/4, high/4))
	} else {
		g.load(d*high/4, fmt.Sprintf("let k = p / 4u + i %% %du;\n      let v = x[u.x0 / 4u + min(row0 + i / %du, u.m - 1u) * k4 + min(k, k4 - 1u)];\n      left[i] = select(vec4f(), v, k < k4);", d/4, d/4))
	}
	if g.layout == NT {
		g.load(wide*d/4, fmt.Sprintf(`let k = p / 4u + i %% %du;
      let c = i / %du;
      let at = u.w0 / 4u + min(k, k4 - 1u);
      let first = min((col0 + c) * 4u, u.n - 4u);
      let w0 = w[at + first * k4];
      let w1 = w[at + (first + 1u) * k4];
      let w2 = w[at + (first + 2u) * k4];
      let w3 = w[at + (first + 3u) * k4];
      let to = i %% %du * %du + c;
      let inside = k < k4;
      right[to] = select(vec4f(), vec4f(w0.x, w1.x, w2.x, w3.x), inside);
      right[to + %du] = select(vec4f(), vec4f(w0.y, w1.y, w2.y, w3.y), inside);
      right[to + %du] = select(vec4f(), vec4f(w0.z, w1.z, w2.z, w3.z), inside);
      right[to + %du] = select(vec4f(), vec4f(w0.w, w1.w, w2.w, w3.w), inside);`, d/4, d/4, d/4, 4*wide, wide, 2*wide, 3*wide))
	} else {
		g.load(wide*d, fmt.Sprintf("let k = p + i / %du;\n      let v = w[u.w0 / 4u + min(k, u.k - 1u) * n4 + min(col0 + i %% %du, n4 - 1u)];\n      right[i] = select(vec4f(), v, k < u.k);", wide, wide))
	}
	g.line("    workgroupBarrier();\n    for (var q = 0u; q < %du; q++) {", d/4)
	if g.layout != TN {
		for i := range g.t.Rows {
			g.line("    let a%d = left[(l.y * %du + %du) * %du + q];", i, g.t.Rows, i, d/4)
		}
	}
	for e := range 4 {
		if g.layout == TN {
			for i := range g.t.Rows / 4 {
				g.line("    let a%d_%d = left[(q * 4u + %du) * %du + l.y * %du + %du];", e, i, e, high/4, g.t.Rows/4, i)
			}
		}
		g.sumLeft(1, func(_, i int) string { return fmt.Sprintf("a%d_%d", e, i) })
		for j := range vecs {
			g.line("    let b%d_%d = right[(q * 4u + %du) * %du + l.x * %du + %du];", e, j, e, wide, vecs, j)
		}
		g.step(func(i int) string {
			if g.layout == TN {
				return fmt.Sprintf("a%d_%d.%c", e, i/4, lanes[i%4])
			}
			return fmt.Sprintf("a%d.%c", i, lanes[e])
		}, func(j int) string { return fmt.Sprintf("b%d_%d", e, j) })
	}
	g.line("    }\n    workgroupBarrier();\n  }")
	g.end()
}

// load has the invocations share n loads, i being the number of one.
func (g *generator) load(n int, body string) {
	size := g.t.X * g.t.Y
	g.line("    for (var i = t; i < %du; i += %du) {", n, size)
	g.line("      " + body + "\n    }")
}
