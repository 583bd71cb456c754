package tokenizer

import (
	"slices"
	"testing"
	"testing/fstest"
	"unicode/utf8"
)

// Whatever the text: no panic, entries of one number, ids of the vocabulary, offsets that go forwards within the text,
// the quick way equal to the reference, and a truncated Encoding that is the beginning of the whole one.
func FuzzEncode(f *testing.F) {
	for i, text := range hardTexts {
		f.Add(text, i%7)
	}
	toks := map[string]*Tokenizer{"uncased": uncased()}
	for _, name := range []string{"cased", "unclean", "added", "added-unclean"} {
		toks[name] = loadVariant(f, name)
	}
	f.Fuzz(func(t *testing.T, text string, maxLength int) {
		for name, tok := range toks {
			whole := tok.Encode(text, 0)
			checkEncoding(t, tok, name, repair(text), whole)
			tok.checkBothWays(t, repair(text))
			if maxLength > 0 {
				checkCut(t, tok, whole, tok.Encode(text, maxLength), maxLength)
			}
		}
	})
}

func checkEncoding(t *testing.T, tok *Tokenizer, name, text string, e Encoding) {
	t.Helper()
	if len(e.IDs) != len(e.Tokens) || len(e.IDs) != len(e.Offsets) {
		t.Fatalf("%s: %d ids, %d tokens, %d offsets", name, len(e.IDs), len(e.Tokens), len(e.Offsets))
	}
	at, length := 0, utf8.RuneCountInString(text)
	for i, o := range e.Offsets {
		if id := int(e.IDs[i]); id < 0 || id >= tok.VocabSize() {
			t.Errorf("%s: id %d of %d", name, id, tok.VocabSize())
		}
		if i < len(tok.before) || i >= len(e.IDs)-len(tok.after) {
			continue
		}
		if o[0] < at || o[1] <= o[0] || o[1] > length {
			// Several tokens of one code point share its place.
			if o[1] > length || o[1] <= o[0] || o[0] < at-1 {
				t.Errorf("%s: token %q at %v after %d in %d code points", name, e.Tokens[i], o, at, length)
			}
		}
		at = o[1]
	}
}

func checkCut(t *testing.T, tok *Tokenizer, whole, cut Encoding, maxLength int) {
	t.Helper()
	specials := len(tok.before) + len(tok.after)
	if len(cut.IDs) > max(maxLength, specials) || len(cut.IDs)+cut.Cut != len(whole.IDs) {
		t.Errorf("cut to %d: %d of %d tokens, %d dropped", maxLength, len(cut.IDs), len(whole.IDs), cut.Cut)
	}
	kept := len(cut.IDs) - len(tok.after)
	if !slices.Equal(cut.IDs[:kept], whole.IDs[:kept]) {
		t.Errorf("cut to %d: %v is not the beginning of %v", maxLength, cut.IDs, whole.IDs)
	}
}

// Whatever the files: a Tokenizer that encodes, or an error.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(small("version", `"1.0"`)), []byte(nil), []byte(nil))
	f.Add([]byte(small("added_tokens", `[{"content": "<q>", "rstrip": true}, {"content": "İ", "normalized": true}]`)), []byte(nil), []byte(nil))
	f.Add([]byte(small("normalizer", `{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true}`)), []byte(nil), []byte(nil))
	f.Add([]byte(small("post_processor", `{"type": "BertProcessing", "cls": ["u", 0], "sep": ["u", 1]}`)), []byte(nil), []byte(nil))
	f.Add([]byte(small("post_processor", `{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "u"}}, {"Sequence": {"id": "A"}}],
		"special_tokens": {"u": {"id": "u", "ids": [0], "tokens": ["u"]}}}`)), []byte(nil), []byte(nil))
	f.Add([]byte(nil), []byte("[UNK]\n[CLS]\n[SEP]\na\n##b\n"), []byte(`{"do_lower_case": false, "unk_token": {"content": "[UNK]"}}`))
	f.Fuzz(func(t *testing.T, tokenizer, vocab, config []byte) {
		fsys := fstest.MapFS{vocabTxt: {Data: vocab}, configJSON: {Data: config}}
		if len(tokenizer) > 0 {
			fsys[tokenizerJSON] = &fstest.MapFile{Data: tokenizer}
		}
		tok, err := Load(fsys)
		if err != nil {
			return
		}
		for _, text := range hardTexts {
			tok.Encode(text, 5)
		}
	})
}
