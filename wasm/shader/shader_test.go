package shader

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTable holds each kernel's text against its row: what is bound is used, what is written is bound as written and nothing
// else is, and no limit that every device keeps is passed.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range All() {
		t.Run(k.Name, func(t *testing.T) {
			if seen[k.Name] {
				t.Error("two kernels have this name")
			}
			seen[k.Name] = true
			text := code(k.Source())
			checkBindings(t, k, text)
			checkFields(t, k, text)
			checkLimits(t, k, text)
			checkWords(t, text)
		})
	}
}

// code is a text without comments.
func code(s string) string { return regexp.MustCompile(`//[^\n]*`).ReplaceAllString(s, "") }

func checkBindings(t *testing.T, k Kernel, text string) {
	body := text[strings.Index(text, "fn "):]
	for i, b := range k.Bindings {
		access := map[bool]string{true: "read_write", false: "read"}[b.Write]
		line := fmt.Sprintf("@group(0) @binding(%d) var<storage, %s> %s: array<%s>;", i, access, b.Name, b.Elem)
		if strings.Count(text, line) != 1 {
			t.Errorf("the text does not declare %q once", line)
		}
		written := writes(body, b.Name)
		if written != b.Write {
			t.Errorf("%s is bound as written: %v, and the text writes it: %v", b.Name, b.Write, written)
		}
		if !regexp.MustCompile(`\b` + b.Name + `\[`).MatchString(body) {
			t.Errorf("%s is bound and not used", b.Name)
		}
	}
}

// writes says whether an element of the array is assigned to somewhere.
func writes(body, name string) bool {
	for _, at := range regexp.MustCompile(`\b`+name+`\[`).FindAllStringIndex(body, -1) {
		end, depth := at[1], 1
		for ; depth > 0; end++ {
			switch body[end] {
			case '[':
				depth++
			case ']':
				depth--
			}
		}
		if regexp.MustCompile(`^\s*[-+*]?=[^=]`).MatchString(body[end:]) {
			return true
		}
	}
	return false
}

// checkFields compares the uniforms that the text reads with those that it is given.
func checkFields(t *testing.T, k Kernel, text string) {
	given := map[string]bool{}
	for _, b := range k.Bindings {
		given[b.Name+"0"] = true
	}
	for _, f := range k.Fields {
		given[f.Name] = true
	}
	if len(given) != k.Words() || 4*k.Words() > SlotBytes {
		t.Errorf("%d uniform words of %d names; a slot has room for %d", k.Words(), len(given), SlotBytes/4)
	}
	read := map[string]bool{}
	for _, m := range regexp.MustCompile(`\bu\.(\w+)`).FindAllStringSubmatch(text, -1) {
		read[m[1]] = true
		if !given[m[1]] {
			t.Errorf("the text reads u.%s, which is not given", m[1])
		}
	}
	for name := range given {
		// A few stand for symmetry: widths that a layout does not need, dropout where a kernel may do without.
		if !read[name] && name != "k" && name != "m" && name != "n" {
			t.Errorf("u.%s is given and not read", name)
		}
	}
}

func checkLimits(t *testing.T, k Kernel, text string) {
	if len(k.Bindings) > MaxBindings {
		t.Errorf("%d buffers, a device need not take more than %d", len(k.Bindings), MaxBindings)
	}
	if k.Invocations() > MaxInvocations {
		t.Errorf("%d invocations, a device need not take more than %d", k.Invocations(), MaxInvocations)
	}
	shared := 0
	for _, m := range regexp.MustCompile(`var<workgroup> \w+: array<(\w+), (\d+)>`).FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[2])
		shared += n * map[string]int{"f32": 4, "vec4f": 16}[m[1]]
	}
	if shared != k.Shared || shared > MaxShared {
		t.Errorf("the text takes %d bytes of workgroup memory, the table says %d, a device need not have more than %d", shared, k.Shared, MaxShared)
	}
	size := regexp.MustCompile(`@workgroup_size\(([^)]*)\)`).FindAllStringSubmatch(text, -1)
	if len(size) != 1 {
		t.Fatalf("%d entry points", len(size))
	}
	product := 1
	for i, part := range strings.Split(size[0][1], ",") {
		n, _ := strconv.Atoi(strings.TrimSpace(part))
		product *= n
		if n != k.Size[i] {
			t.Errorf("workgroup_size(%s), the table says %v", size[0][1], k.Size)
		}
	}
	if product != k.Invocations() {
		t.Errorf("workgroup_size(%s), the table says %v", size[0][1], k.Size)
	}
}

// checkWords looks for what has gone wrong before: placeholders, words that WGSL keeps for itself, literals that overflow.
func checkWords(t *testing.T, text string) {
	for _, bad := range []string{"{{", "missing file", "EACH", "REST", "TOTAL", "SPREAD", "UNIT", "VALUE", "BITS", "CHUNK", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is left in the text", bad)
		}
	}
	if m := regexp.MustCompile(`\b(let|var|fn) (from|target|filter|match|final|auto|common|do|of|new|with|where|default)\b`).FindString(text); m != "" {
		t.Errorf("%q takes a word that WGSL keeps for itself", m)
	}
	for _, m := range regexp.MustCompile(`\b\d+\.?\d*e\+?(\d+)`).FindAllStringSubmatch(text, -1) {
		if n, _ := strconv.Atoi(m[1]); n > 38 || strings.HasPrefix(m[0], "3.4") {
			t.Errorf("the literal %s overflows", m[0])
		}
	}
	for _, pair := range []string{"{}", "()", "[]"} {
		if strings.Count(text, pair[:1]) != strings.Count(text, pair[1:]) {
			t.Errorf("%s do not balance", pair)
		}
	}
}

// TestFiles: every file of WGSL is part of some kernel.
func TestFiles(t *testing.T) {
	entries, err := texts.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, k := range All() {
		all.WriteString(k.Source())
	}
	for _, e := range entries {
		b, err := texts.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(b), "\n")
		if !strings.Contains(all.String(), first) {
			t.Errorf("no kernel has %s in it", e.Name())
		}
	}
}
