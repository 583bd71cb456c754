package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// A vocab.txt gives what the tokenizer.json of the same vocabulary gives.
func TestVocabTxt(t *testing.T) {
	for name, config := range map[string]string{
		"uncased":     ``,
		"cased":       `{"do_lower_case": false, "strip_accents": null, "mask_token": {"content": "[MASK]", "__type": "AddedToken"}}`,
		"cased-strip": `{"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": true}`,
		"accents":     `{"do_lower_case": true, "strip_accents": false, "tokenizer_class": "DistilBertTokenizer"}`,
		"joined":      `{"tokenize_chinese_chars": false, "model_max_length": 512}`,
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{vocabTxt: testdata(t, "vocab.txt.gz")}
			if config != "" {
				files[configJSON] = []byte(config)
			}
			got, want := load(t, files), loadVariant(t, name)
			for _, text := range hardTexts {
				if d := difference(got.Encode(text, 0), want.Encode(text, 0)); d != "" {
					t.Errorf("%+q: %s", text, d)
				}
			}
			if got.VocabSize() != 30522 || len(got.Files()) != len(files) {
				t.Errorf("%d ids, %d files", got.VocabSize(), len(got.Files()))
			}
		})
	}
}

// Line ends of Windows, spaces at the end of a line, equal lines and tokens beyond the vocabulary.
func TestSmallVocabTxt(t *testing.T) {
	tok := load(t, map[string][]byte{
		vocabTxt: []byte("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\n##b \r\na\r\n\r\n##c"),
		configJSON: []byte(`{"additional_special_tokens": ["<x>"],
			"added_tokens_decoder": {"10": {"content": "<z>", "lstrip": true}, "9": {"content": "<y>"}, "2": {"content": "[CLS]"}}}`),
	})
	e := tok.Encode("abc <z><y> [MASK]<x>", 0)
	if want := []int32{2, 6, 5, 8, 9, 8, 10, 11, 3}; len(e.IDs) != len(want) {
		t.Fatalf("%q %v", e.Tokens, e.IDs)
	}
	if want := []string{"[CLS]", "a", "##b", "##c", " <z>", "<y>", "[MASK]", "<x>", "[SEP]"}; !slices.Equal(e.Tokens, want) {
		t.Errorf("got %q, want %q", e.Tokens, want)
	}
	if tok.VocabSize() <= int(slices.Max(e.IDs)) {
		t.Errorf("%d ids do not hold %v", tok.VocabSize(), e.IDs)
	}
}

func TestFiles(t *testing.T) {
	raw := variant(t, "uncased")
	tok := load(t, map[string][]byte{tokenizerJSON: raw, vocabTxt: []byte("not read")})
	files := tok.Files()
	if len(files) != 1 || !bytes.Equal(files[tokenizerJSON], raw) {
		t.Errorf("%d files, tokenizer.json of %d bytes", len(files), len(files[tokenizerJSON]))
	}
	delete(files, tokenizerJSON)
	if len(tok.Files()) != 1 {
		t.Error("a caller has changed the tokenizer's own files")
	}
}

const smallModel = `{"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9, "vocab": {"u": 0, "a": 1}}`

// small returns a tokenizer.json in which one part is replaced.
func small(part, value string) string {
	file := map[string]json.RawMessage{
		"version": json.RawMessage(`"1.0"`), "added_tokens": json.RawMessage(`[]`), "normalizer": json.RawMessage(`null`),
		"pre_tokenizer": json.RawMessage(`{"type": "BertPreTokenizer"}`), "post_processor": json.RawMessage(`null`), "model": json.RawMessage(smallModel),
	}
	file[part] = json.RawMessage(value)
	raw, err := json.Marshal(file)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func TestRefusedTokenizerJSON(t *testing.T) {
	model := func(old, new string) string { return small("model", strings.Replace(smallModel, old, new, 1)) }
	for _, c := range []struct {
		name, file string
		want       error
		says       string
	}{
		{"empty", "", ErrFormat, "tokenizer.json"},
		{"cut short", small("version", `"1.0"`)[:100], ErrFormat, "tokenizer.json"},
		{"version", small("version", `"2.0"`), ErrUnsupported, "2.0"},
		{"byte-level BPE", small("model", `{"type": "BPE", "vocab": {}, "merges": []}`), ErrUnsupported, `"BPE"`},
		{"Unigram", small("model", `{"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.5]]}`), ErrUnsupported, `"Unigram"`},
		{"no model", small("model", `null`), ErrUnsupported, "null"},
		{"model a number", small("model", `7`), ErrFormat, "model"},
		{"no unknown token", model(`"u": 0, `, ``), ErrFormat, `"u"`},
		{"no prefix", model(`"continuing_subword_prefix": "##", `, ``), ErrFormat, "continuing_subword_prefix"},
		{"negative id", model(`"a": 1`, `"a": -1`), ErrFormat, "-1"},
		{"id beyond the limit", model(`"a": 1`, `"a": 1000000`), ErrFormat, "1000000"},
		{"huge id", model(`"a": 1`, `"a": 1e300`), ErrFormat, "model"},
		{"fractional id", model(`"a": 1`, `"a": 1.5`), ErrFormat, "model"},
		{"shared id", model(`"a": 1`, `"a": 0`), ErrFormat, "share"},
		{"negative word length", model(`9`, `-9`), ErrFormat, "model"},
		{"normalizer", small("normalizer", `{"type": "NFC"}`), ErrUnsupported, `"NFC"`},
		{"half a normalizer", small("normalizer", `{"type": "BertNormalizer", "lowercase": true}`), ErrFormat, "clean_text"},
		{"splitter", small("pre_tokenizer", `{"type": "ByteLevel"}`), ErrUnsupported, `"ByteLevel"`},
		{"no splitter", small("pre_tokenizer", `null`), ErrUnsupported, "pre_tokenizer"},
		{"processor", small("post_processor", `{"type": "RobertaProcessing"}`), ErrUnsupported, `"RobertaProcessing"`},
		{"half a processor", small("post_processor", `{"type": "BertProcessing", "cls": ["u", 0]}`), ErrFormat, "sep"},
		{"processor of one", small("post_processor", `{"type": "BertProcessing", "cls": ["u"], "sep": ["u", 0]}`), ErrFormat, "pair"},
		{"processor beyond the limit", small("post_processor", `{"type": "BertProcessing", "cls": ["u", 0], "sep": ["u", 1000000]}`), ErrFormat, "1000000"},
		{"template without text", small("post_processor", `{"type": "TemplateProcessing", "single": []}`), ErrUnsupported, "0 times"},
		{"template of the second text", small("post_processor", `{"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B"}}]}`), ErrUnsupported, "Sequence A"},
		{"template of nothing", small("post_processor", `{"type": "TemplateProcessing", "single": [{}]}`), ErrUnsupported, "piece"},
		{"template's token unknown", small("post_processor", `{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "q"}}]}`), ErrFormat, `"q"`},
		{"template too long", small("post_processor", `{"type": "TemplateProcessing", "single": [`+strings.Repeat(`{},`, 300)+`{}]}`), ErrFormat, "301"},
		{"added token of nothing", strings.Replace(small("added_tokens", `[{"content": "\u0301", "normalized": true}]`), `"normalizer":null`,
			`"normalizer":{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true}`, 1), ErrUnsupported, "normalised"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused(t, fstest.MapFS{tokenizerJSON: {Data: []byte(c.file)}}, c.want, c.says)
		})
	}
}

func refused(t *testing.T, fsys fs.FS, want error, says string) {
	t.Helper()
	_, err := Load(fsys)
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want %v that says %s", err, want, says)
	}
}

func TestRefusedFolders(t *testing.T) {
	vocab := func(raw, config string) fstest.MapFS {
		return fstest.MapFS{vocabTxt: {Data: []byte(raw)}, configJSON: {Data: []byte(config)}}
	}
	const good = "[UNK]\n[CLS]\n[SEP]\n"
	refused(t, fstest.MapFS{}, fs.ErrNotExist, vocabTxt)
	refused(t, fstest.MapFS{"merges.txt": {}, "vocab.json": {}}, ErrUnsupported, "BPE")
	refused(t, fstest.MapFS{"spiece.model": {}}, ErrUnsupported, "SentencePiece")
	refused(t, vocab("[UNK]\n[CLS]\n", ""), ErrFormat, `"[SEP]"`)
	refused(t, vocab("[CLS]\n[SEP]\n", ""), ErrFormat, `"[UNK]"`)
	refused(t, vocab("", ""), ErrFormat, "vocab.txt")
	refused(t, vocab(good+"\xff", ""), ErrFormat, "UTF-8")
	refused(t, vocab(good+strings.Repeat("\n", maxVocab), ""), ErrFormat, "1000003 lines")
	refused(t, vocab(good, "{"), ErrFormat, configJSON)
	refused(t, vocab(good, `{"unk_token": 5}`), ErrFormat, configJSON)
	refused(t, vocab(good, `{"added_tokens_decoder": {"x": {"content": "y"}}}`), ErrFormat, `"x"`)
	refused(t, fstest.MapFS{tokenizerJSON: {Data: make([]byte, maxTokenizerJSON+1)}}, ErrFormat, "64 MB")
	refused(t, fstest.MapFS{tokenizerJSON: {Mode: fs.ModeDir}, vocabTxt: {Data: []byte(good)}}, fs.ErrInvalid, tokenizerJSON)
}

// Of two added tokens with one normal form the first counts; a token that comes twice is one, as it was last.
func TestEqualAddedTokens(t *testing.T) {
	file := small("added_tokens", `[{"content": "<q>", "rstrip": true}, {"content": ""}, {"content": "<Q>", "normalized": true}, {"content": "<q>"}]`)
	tok := load(t, map[string][]byte{tokenizerJSON: []byte(file)})
	e := tok.Encode("a<q> <Q>", 0)
	if !slices.Equal(e.IDs, []int32{1, 2, 3}) || !slices.Equal(e.Tokens, []string{"a", "<q>", "<Q>"}) {
		t.Errorf("%v %q", e.IDs, e.Tokens)
	}
	if tok.VocabSize() != 4 {
		t.Errorf("%d ids, want 4", tok.VocabSize())
	}
}

// A token that begins within the spaces another one has taken: nothing is lost and nothing panics.
func TestOverlappingAddedTokens(t *testing.T) {
	file := small("added_tokens", `[{"content": "<q>", "rstrip": true}, {"content": " ", "lstrip": true}, {"content": " a"}]`)
	tok := load(t, map[string][]byte{tokenizerJSON: []byte(file)})
	for _, text := range []string{"<q>   a", "<q> a", "   <q>   ", " a a<q> <q>"} {
		for _, o := range tok.Encode(text, 0).Offsets {
			if o[0] > o[1] || o[1] > len(text) {
				t.Errorf("%q: offsets %v", text, o)
			}
		}
	}
}
