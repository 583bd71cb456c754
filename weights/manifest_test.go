package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestDefault(t *testing.T) {
	m, err := Default().Lookup("minilm")
	if err != nil {
		t.Fatal(err)
	}
	// The figures are those of the revision on the hub and of the wheel alike.
	if m.Bytes() != 91_567_205 || len(m.Files) != 6 || m.Family != "bert" || m.Licence != "Apache-2.0" || m.Fallback == nil {
		t.Errorf("minilm is %+v with %d bytes", m, m.Bytes())
	}
	if _, err := Default().Lookup("mini"); err == nil || !strings.Contains(err.Error(), `"mini" is not in the manifest; it has minilm`) {
		t.Errorf("an unknown name gives %v", err)
	}
}

// TestDistilBERT: a model of the hub alone.
func TestDistilBERT(t *testing.T) {
	m, err := Default().Lookup("distilbert")
	if err != nil {
		t.Fatal(err)
	}
	if m.Bytes() != 268_652_869 || len(m.Files) != 5 || m.Family != "distilbert" || m.Licence != "Apache-2.0" || m.Fallback != nil {
		t.Errorf("distilbert is %+v with %d bytes", m, m.Bytes())
	}
}

func TestParseRefuses(t *testing.T) {
	if _, err := Parse([]byte(manifestJSON)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, reason string }{
		{`"name": "minilm"`, `"name": "Mini LM"`, `model "Mini LM": the name`},
		{`"repo": "`, `"repo": "../`, `the repo "../sentence`},
		{`"revision": "c9`, `"revision": "`, `the revision`},
		{`"name": "vocab.txt"`, `"name": "../vocab.txt"`, `file "../vocab.txt"`},
		{`"bytes": 612`, `"bytes": 0`, `file "config.json"`},
		{`"sha256": "53aa`, `"sha256": "53`, `file "model.safetensors"`},
		{`"sha256": "53aa`, `"sha256": "53AA`, `file "model.safetensors"`},
		{`"package": "gt`, `"package": "--index-url=x`, `fallback`},
		{`"folder": "gt_`, `"folder": "../gt_/`, `fallback`},
		{`"licence"`, `"license"`, `unknown field "license"`},
		{`{`, ``, `manifest: `},
	} {
		text := strings.Replace(manifestJSON, c.old, c.new, 1)
		if text == manifestJSON {
			t.Fatalf("the manifest has no %s", c.old)
		}
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, want an error with %q", c.new, err, c.reason)
		}
	}
}

// TestConfigs: the config of each row is that of its file, byte for byte once it is indented.
func TestConfigs(t *testing.T) {
	for _, m := range Default().Models {
		var text bytes.Buffer
		if err := json.Indent(&text, m.Config, "", "  "); err != nil {
			t.Fatal(err)
		}
		text.WriteByte('\n')
		for _, f := range m.Files {
			if sum := fmt.Sprintf("%x", sha256.Sum256(text.Bytes())); f.Name == "config.json" && (sum != f.SHA256 || int64(text.Len()) != f.Bytes) {
				t.Errorf("the config of %s has %d bytes and the SHA-256 %s, its file %d and %s", m.Name, text.Len(), sum, f.Bytes, f.SHA256)
			}
		}
	}
}
