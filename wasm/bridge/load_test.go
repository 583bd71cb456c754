package bridge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLoadVerifiesWhatIsKept(t *testing.T) {
	p := newPage(t)
	files := tinyFiles(t)
	digest := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	weights := files["model.safetensors"]
	damaged := bytes.Clone(weights)
	damaged[len(damaged)-3] ^= 1
	for _, c := range []struct {
		name, file string
		content    []byte
		code       string // of the error, "" for none
	}{
		{"whole", "model.safetensors", weights, ""},
		{"cut", "model.safetensors", weights[:len(weights)-100], "download"},
		{"empty", "model.safetensors", nil, "download"},
		{"too long", "model.safetensors", append(bytes.Clone(weights), 0), "weights"},
		{"damaged", "model.safetensors", damaged, "download"},
		{"an error page", "model.safetensors", []byte("<!doctype html><title>Not found</title>"), "weights"},
		{"another config", "config.json", []byte(`{"model_type":"bert"}`), "download"},
	} {
		args, _ := offer(files, nil)
		for i, f := range args.Files {
			args.Files[i].SHA256 = digest(files[f.Name])
		}
		sent := map[string][]byte{"config.json": files["config.json"], "vocab.txt": files["vocab.txt"], "model.safetensors": weights}
		sent[c.file] = c.content
		var good bool
		_, open := offer(sent, map[string]*bool{c.file: &good})
		a := p.call("load", args, open)
		if code := codeOf(a); code != c.code {
			t.Errorf("%s: code %q (%+v), want %q", c.name, code, a.Error, c.code)
		}
		if good != (c.code == "") {
			t.Errorf("%s: the stream was told to keep the file: %v", c.name, good)
		}
	}
}

func codeOf(a answer) string {
	if a.Error == nil {
		return ""
	}
	return a.Error.Code
}

func TestLoadRefusals(t *testing.T) {
	p := newPage(t)
	files := tinyFiles(t)
	without := func(name string) map[string][]byte {
		out := map[string][]byte{}
		for n, text := range files {
			if n != name {
				out[n] = text
			}
		}
		return out
	}
	for name, code := range map[string]string{"model.safetensors": "files", "config.json": "files", "vocab.txt": "files"} {
		args, open := offer(without(name), nil)
		p.refused(code, "load", args, open)
	}
	args, _ := offer(files, nil)
	p.refused("message", "load", args, nil)
	p.refused("storage", "load", args, func(m *Message) {
		m.Open = func(string) (Stream, error) { return source{broken{}, nil}, nil }
	})
	p.refused("files", "load", Load{Files: []File{{Name: "model.safetensors"}, {Name: "vocab.txt", Bytes: 1 << 30}}}, func(m *Message) {
		m.Open = func(string) (Stream, error) { return nil, errors.New("not asked for") }
	})
	if l := p.loadTiny(); l.Bytes != int64(len(files["model.safetensors"])) {
		t.Errorf("loaded %d bytes", l.Bytes)
	}
}

// broken is a stream that fails with an error of JavaScript's side.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, thrown{errors.New("the disk is full")} }

type thrown struct{ error }

func (thrown) Fault() (code, hint string) { return "storage", "free some" }

// TestLoadKeepsTheOldModel fails a second load: the first model still answers.
func TestLoadKeepsTheOldModel(t *testing.T) {
	p := newPage(t)
	p.loadTiny()
	args, _ := tiny(t)
	p.run(args)
	files := tinyFiles(t)
	files["model.safetensors"] = files["model.safetensors"][:1000]
	offered, open := offer(files, nil)
	p.refused("truncated", "load", offered, open)
	p.must("predict", Predict{Texts: []string{"a goal"}}, nil, nil)
}

func TestCancelWhileLoading(t *testing.T) {
	p := newPage(t)
	args, open := offer(tinyFiles(t), nil)
	slow := func(m *Message) {
		open(m)
		quick := m.Open
		m.Open = func(name string) (Stream, error) {
			s, err := quick(name)
			return source{trickle{s}, nil}, err
		}
	}
	id := p.post("load", args, slow)
	p.must("cancel", Cancel{id}, nil, nil)
	for {
		if a := p.hear(); a.ID == id {
			if codeOf(a) != "aborted" {
				t.Errorf("answered %s %+v, want aborted", a.Reply, a.Error)
			}
			return
		}
	}
}

// trickle gives little at a time.
type trickle struct{ r io.Reader }

func (t trickle) Read(p []byte) (int, error) { return t.r.Read(p[:min(len(p), 16)]) }

// TestBrokenRules makes the program break a rule of its own: the page hears it, and the bridge goes on.
func TestBrokenRules(t *testing.T) {
	p := newPage(t)
	args, _ := offer(tinyFiles(t), nil)
	a := p.call("load", args, func(m *Message) { m.Open = func(string) (Stream, error) { panic("a rule is broken") } })
	if codeOf(a) != "internal" || !strings.Contains(a.Error.Message, "a rule is broken") {
		t.Errorf("answered %s %+v", a.Reply, a.Error)
	}
	p.loadTiny()
	job, _ := tiny(t)
	id := p.post("train", with(job, "steps", 300), nil)
	if a := p.call("save", nil, func(m *Message) { m.Sink = trap{} }); codeOf(a) != "internal" {
		t.Errorf("answered %s %+v", a.Reply, a.Error)
	}
	p.must("stop", nil, nil, nil) // the run has not noticed
	p.follow(id, nil)
	p.must("predict", Predict{Texts: []string{"a goal"}}, nil, nil)
}

// trap is a sink that breaks a rule.
type trap struct{}

func (trap) Write([]byte) (int, error) { panic("a rule is broken") }
