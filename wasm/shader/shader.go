// Package shader has the compute kernels of the WebGPU backend: their WGSL, and one table that says which buffers and
// which uniforms each of them takes. The declarations in front of a kernel's text and the layouts that the device is given
// are both made from that table, for a kernel that reads what its layout calls writable gives wrong numbers without a word.
//
// It knows nothing of a device and is tested natively.
package shader

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.wgsl
var texts embed.FS

// Kernel is one compute shader with the entry point main.
type Kernel struct {
	Name string
	// Size is the invocations of a workgroup.
	Size [3]int
	// Bindings are the buffers of group 0, in order. A uniform word for each says at which element it begins.
	Bindings []Binding
	// Fields are the uniform words behind those, in order.
	Fields []Field
	// Shared is the bytes of workgroup memory.
	Shared int

	body string
}

// Binding is a buffer: an array of Elem, f32, vec4f, u32 or i32.
type Binding struct {
	Name, Elem string
	Write      bool
}

// Field is one word of the uniforms, of type u32 or f32.
type Field struct{ Name, Type string }

// Limits that every WebGPU device keeps; no kernel asks for more.
const (
	MaxBindings    = 8
	MaxShared      = 16 << 10
	MaxInvocations = 256
	SlotBytes      = 256 // of uniforms, the distance that dynamic offsets need
)

// Source is the whole WGSL of a kernel.
func (k Kernel) Source() string {
	var s strings.Builder
	s.WriteString("struct Uniforms {\n")
	for _, b := range k.Bindings {
		fmt.Fprintf(&s, "  %s0: u32,\n", b.Name)
	}
	for _, f := range k.Fields {
		fmt.Fprintf(&s, "  %s: %s,\n", f.Name, f.Type)
	}
	s.WriteString("}\n@group(1) @binding(0) var<uniform> u: Uniforms;\n")
	for i, b := range k.Bindings {
		access := "read"
		if b.Write {
			access = "read_write"
		}
		fmt.Fprintf(&s, "@group(0) @binding(%d) var<storage, %s> %s: array<%s>;\n", i, access, b.Name, b.Elem)
	}
	s.WriteString(k.body)
	return s.String()
}

// Words is the number of uniform words.
func (k Kernel) Words() int { return len(k.Bindings) + len(k.Fields) }

// Invocations is the size of a workgroup.
func (k Kernel) Invocations() int { return k.Size[0] * k.Size[1] * k.Size[2] }

// read and write are bindings of float32.
func read(name string) Binding  { return Binding{Name: name, Elem: "f32"} }
func write(name string) Binding { return Binding{Name: name, Elem: "f32", Write: true} }

// words is a binding of unsigned integers, such as a table made on the host.
func words(name string) Binding { return Binding{Name: name, Elem: "u32"} }

// uints and floats are fields.
func uints(names ...string) []Field  { return fields("u32", names) }
func floats(names ...string) []Field { return fields("f32", names) }

func fields(kind string, names []string) []Field {
	all := make([]Field, len(names))
	for i, n := range names {
		all[i] = Field{n, kind}
	}
	return all
}

// drop are the fields of text's keep().
func drop() []Field {
	return append(uints("key0", "key1", "threshold"), Field{"scale", "f32"})
}

// text is the contents of files one after another. They are part of the program, so a name that is missing fails the first
// test that asks for it.
func text(names ...string) string {
	var all strings.Builder
	for _, n := range names {
		b, err := texts.ReadFile(n + ".wgsl")
		if err != nil {
			fmt.Fprintf(&all, "missing file %s.wgsl\n", n)
		}
		all.Write(b)
	}
	return all.String()
}
