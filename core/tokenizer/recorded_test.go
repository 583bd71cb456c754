package tokenizer

import (
	"encoding/hex"
	"strconv"
	"testing"
)

func TestUncasedTexts(t *testing.T) {
	var file struct {
		Texts     []string
		Encodings []recorded
	}
	testJSON(t, "uncased.json.gz", &file)
	if len(file.Texts) < 5000 || len(file.Texts) != len(file.Encodings) {
		t.Fatalf("%d texts, %d encodings", len(file.Texts), len(file.Encodings))
	}
	for i, text := range file.Texts {
		file.Encodings[i].check(t, uncased(), text, 0)
	}
}

// The other sets of flags, tokenizers without special tokens, and added tokens of every kind.
func TestOtherVariants(t *testing.T) {
	var file struct {
		Texts     []string
		Encodings map[string][]recorded
	}
	testJSON(t, "others.json.gz", &file)
	if len(file.Encodings) < 9 {
		t.Fatalf("%d variants", len(file.Encodings))
	}
	for name, encodings := range file.Encodings {
		t.Run(name, func(t *testing.T) {
			tok := loadVariant(t, name)
			for i, text := range file.Texts {
				encodings[i].check(t, tok, text, 0)
			}
		})
	}
}

func TestTruncated(t *testing.T) {
	var file struct {
		Texts     []string
		Encodings map[string][]recorded
	}
	testJSON(t, "truncated.json.gz", &file)
	for length, encodings := range file.Encodings {
		n, err := strconv.Atoi(length)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range file.Texts {
			encodings[i].check(t, uncased(), text, n)
			cut, all := uncased().Encode(text, n), uncased().Encode(text, 0)
			if len(cut.IDs)+cut.Cut != len(all.IDs) || all.Cut != 0 {
				t.Errorf("%+q cut to %d: %d tokens and %d dropped of %d", text, n, len(cut.IDs), cut.Cut, len(all.IDs))
			}
		}
	}
}

// Below the number of special tokens only these are left.
func TestTruncatedToNothing(t *testing.T) {
	for _, n := range []int{1, 2} {
		e := uncased().Encode("one two three", n)
		if len(e.IDs) != 2 || e.Tokens[0] != "[CLS]" || e.Tokens[1] != "[SEP]" || e.Cut != 3 {
			t.Errorf("cut to %d: %q, %d dropped", n, e.Tokens, e.Cut)
		}
	}
}

func TestInvalidUTF8(t *testing.T) {
	var file struct {
		Bytes     []string
		Encodings []recorded
	}
	testJSON(t, "bytes.json.gz", &file)
	for i, digits := range file.Bytes {
		raw, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		file.Encodings[i].check(t, uncased(), string(raw), 0)
	}
}
