package shader

import (
	"fmt"
	"strings"
)

// attentionSize is the rows of one workgroup: an invocation has one row of one head and walks the rows of its sentence.
const attentionSize = 64

// Attention kernels exist for each size of a head, whose elements are written out: q, o and the gradients of a row stay
// in registers.
//
// All of them take table [2, rows], for each row where its sentence begins and ends. There is no barrier in them, and no
// row reads what another row writes.
type Attention struct {
	D int // size of a head

	unit int // elements of one load: 4, or 1 where D or an offset is odd
}

// NewAttention is the kernels of heads of size d; vec says whether offsets and widths let four elements be loaded at once.
func NewAttention(d int, vec bool) Attention {
	if vec && d%4 == 0 {
		return Attention{d, 4}
	}
	return Attention{d, 1}
}

// Vec says whether four elements are loaded at once.
func (a Attention) Vec() bool { return a.unit == 4 }

// Forward writes out and lse.
func (a Attention) Forward() Kernel {
	return a.kernel("attention", []Binding{a.array("result", true), write("lse"), a.array("qkv", false), words("table")}, false, a.text(`
  QKV
  var top = -3.0e38;
  var sum = 0.0;
  EACH var q# = qkv[at + #u];
  EACH var o# = ZERO;
  for (var j = lo; j < hi; j++) {
    let k = base + j * stride + width;
    var d = q0 * qkv[k];
    REST d = fma(q#, qkv[k + #u], d);
    let s = TOTAL(d) * u.root;
    if (s > top) {
      let a = exp(top - s);
      top = s;
      sum *= a;
      EACH o# *= a;
    }
    let p = exp(s - top);
    sum += p;
    let kept = SPREAD(p * keep((t * u.heads + head) * u.longest + (j - lo)));
    EACH o# = fma(kept, qkv[k + width + #u], o#);
  }
  let to = u.result0 / UNIT + t * width + head * COUNT;
  EACH result[to + #u] = o# / sum;
  lse[u.lse0 + head * u.rows + t] = top + log(sum);`))
}

// GradQ adds the gradient of q to dqkv, and leaves in dots Σ p dp of each row, which GradKV needs.
func (a Attention) GradQ() Kernel {
	return a.kernel("attention_grad_q", a.gradBindings(true), true, a.text(`
  QKV
  EACH let q# = qkv[at + #u];
  let back = u.dout0 / UNIT + t * width + head * COUNT;
  EACH let g# = dout[back + #u];
  let norm = lse[u.lse0 + head * u.rows + t];
  var share = 0.0;
  for (var j = lo; j < hi; j++) {
    let k = base + j * stride + width;
    var d = q0 * qkv[k];
    REST d = fma(q#, qkv[k + #u], d);
    var e = g0 * qkv[k + width];
    REST e = fma(g#, qkv[k + width + #u], e);
    let p = exp(TOTAL(d) * u.root - norm);
    share = fma(p, TOTAL(e) * keep((t * u.heads + head) * u.longest + (j - lo)), share);
  }
  dots[u.dots0 + head * u.rows + t] = share;
  EACH var dq# = ZERO;
  for (var j = lo; j < hi; j++) {
    let k = base + j * stride + width;
    var d = q0 * qkv[k];
    REST d = fma(q#, qkv[k + #u], d);
    var e = g0 * qkv[k + width];
    REST e = fma(g#, qkv[k + width + #u], e);
    let p = exp(TOTAL(d) * u.root - norm);
    let ds = SPREAD(p * (TOTAL(e) * keep((t * u.heads + head) * u.longest + (j - lo)) - share) * u.root);
    EACH dq# = fma(ds, qkv[k + #u], dq#);
  }
  let to = u.dqkv0 / UNIT + t * stride + head * COUNT;
  EACH dqkv[to + #u] = dq# + select(ZERO, dqkv[to + #u], u.acc != 0u);`))
}

// wide is the vectors of a head from which on GradKV goes over the queries twice: k, v and both their gradients would be more than
// an invocation has registers for.
const wide = 16

// GradKV adds the gradients of k and v to dqkv: here a row of the keys walks the queries.
func (a Attention) GradKV() Kernel {
	const (
		begin = `
  QKV
  let to = u.dqkv0 / UNIT + t * stride + head * COUNT + width;
  EACH let k# = qkv[at + width + #u];
  EACH var dv# = ZERO;`
		value = `
  EACH let v# = qkv[at + 2u * width + #u];
  EACH var dk# = ZERO;`
		query = `
  for (var i = lo; i < hi; i++) {
  let q = base + i * stride;
  let g = u.dout0 / UNIT + i * width + head * COUNT;
  let row = head * u.rows + i;
  let kept = keep((i * u.heads + head) * u.longest + (t - lo));
  var d = k0 * qkv[q];
  REST d = fma(k#, qkv[q + #u], d);
  let p = exp(TOTAL(d) * u.root - lse[u.lse0 + row]);`
		addV = `
  let weight = SPREAD(p * kept);
  EACH dv# = fma(weight, dout[g + #u], dv#);`
		addK = `
  var e = v0 * dout[g];
  REST e = fma(v#, dout[g + #u], e);
  let ds = SPREAD(p * (TOTAL(e) * kept - dots[u.dots0 + row]) * u.root);
  EACH dk# = fma(ds, qkv[q + #u], dk#);`
		storeV = `
  EACH dqkv[to + width + #u] = dv# + select(ZERO, dqkv[to + width + #u], u.acc != 0u);`
		storeK = `
  EACH dqkv[to + #u] = dk# + select(ZERO, dqkv[to + #u], u.acc != 0u);`
		end = `
  }`
	)
	body := begin + value + query + addV + addK + end + storeV + storeK
	if a.D/a.unit >= wide {
		body = begin + query + addV + end + storeV + value + query + addK + end + storeK
	}
	return a.kernel("attention_grad_kv", a.gradBindings(false), true, a.text(body))
}

func (a Attention) gradBindings(writesDots bool) []Binding {
	return []Binding{a.array("dqkv", true), a.array("dout", false), read("lse"), a.array("qkv", false),
		{Name: "dots", Elem: "f32", Write: writesDots}, words("table")}
}

func (a Attention) array(name string, writes bool) Binding {
	if a.unit == 4 {
		return Binding{Name: name, Elem: "vec4f", Write: writes}
	}
	return Binding{Name: name, Elem: "f32", Write: writes}
}

func (a Attention) kernel(name string, bindings []Binding, grad bool, body string) Kernel {
	f := append(uints("rows", "heads", "longest"), Field{"root", "f32"})
	if grad {
		f = append(f, acc)
	}
	return Kernel{
		Name: fmt.Sprintf("%s_%d_%d", name, a.D, a.unit), Size: [3]int{attentionSize, 1, 1}, Bindings: bindings,
		Fields: append(f, drop()...), body: text("bits") + body,
	}
}

// text writes a body out: a line that begins with EACH stands for one a register, # being its number, REST for all but the
// first of them.
func (a Attention) text(body string) string {
	n := a.D / a.unit
	prelude := `let t = wg.x * 64u + l;
  let head = wg.y;
  if (t >= u.rows) { return; }
  let lo = table[u.table0 + t];
  let hi = table[u.table0 + u.rows + t];
  let width = u.heads * COUNT;
  let stride = 3u * width;
  let base = u.qkv0 / UNIT + head * COUNT;
  let at = base + t * stride;`
	var out strings.Builder
	out.WriteString("@compute @workgroup_size(64)\nfn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) l: u32) {")
	for _, line := range strings.Split(strings.Replace(body, "QKV", prelude, 1), "\n") {
		code := strings.TrimSpace(line)
		first, each := 0, false
		if rest, ok := strings.CutPrefix(code, "EACH "); ok {
			code, each = rest, true
		} else if rest, ok := strings.CutPrefix(code, "REST "); ok {
			code, each, first = rest, true, 1
		}
		if !each {
			out.WriteString("\n  " + code)
			continue
		}
		for i := first; i < n; i++ {
			out.WriteString("\n  " + strings.ReplaceAll(code, "#", fmt.Sprint(i)))
		}
	}
	out.WriteString("\n}\n")
	words := []string{"UNIT", "1u", "COUNT", fmt.Sprint(n, "u"), "ZERO", "0.0", "SPREAD(", "(", "TOTAL(", "("}
	if a.unit == 4 {
		words = []string{"UNIT", "4u", "COUNT", fmt.Sprint(n, "u"), "ZERO", "vec4f()", "SPREAD(", "vec4f(", "TOTAL(", "dot(vec4f(1.0), "}
	}
	return strings.NewReplacer(words...).Replace(out.String())
}
