package tokenizer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Limits on what is read before anything is made of it.
const (
	maxTokenizerJSON = 64 << 20
	maxVocabTxt      = 64 << 20
	maxConfigJSON    = 4 << 20
)

// The files of a tokenizer.
const (
	tokenizerJSON = "tokenizer.json"
	vocabTxt      = "vocab.txt"
	configJSON    = "tokenizer_config.json"
)

// spec is what the files of either kind come down to.
type spec struct {
	normal        normalizer // without its tables
	vocab         wordpieceConfig
	added         []addedToken
	before, after []special
}

// Load reads tokenizer.json, or vocab.txt with tokenizer_config.json where there is none, from fsys.
//
// A tokenizer.json must describe BertNormalizer (or no normaliser), BertPreTokenizer, WordPiece, and TemplateProcessing,
// BertProcessing or no post-processor; anything else is an ErrUnsupported that names it. Its own truncation and padding
// are ignored: batches are packed, and Encode has its own limit. For vocab.txt the words of tokenizer_config.json
// are those of transformers' BertTokenizer, with its defaults where one or the whole file is missing.
//
// Malformed files and files beyond the limits (64 MB, a million entries) are an ErrFormat. Where fsys holds no
// tokenizer at all the error is fs.ErrNotExist.
func Load(fsys fs.FS) (*Tokenizer, error) {
	l := loader{fsys: fsys, files: map[string][]byte{}}
	s, err := l.spec()
	if err != nil {
		return nil, err
	}
	return build(s, l.files)
}

// loader reads files and remembers them.
type loader struct {
	fsys  fs.FS
	files map[string][]byte
}

func (l *loader) spec() (spec, error) {
	raw, err := l.read(tokenizerJSON, maxTokenizerJSON)
	if err == nil {
		return parseJSON(raw)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return spec{}, err
	}
	vocab, err := l.read(vocabTxt, maxVocabTxt)
	if errors.Is(err, fs.ErrNotExist) {
		return spec{}, l.nothing()
	}
	if err != nil {
		return spec{}, err
	}
	config, err := l.read(configJSON, maxConfigJSON)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return spec{}, err
	}
	return parseVocab(vocab, config)
}

// nothing is the error of a folder with neither file; it names the families whose files lie there instead.
func (l *loader) nothing() error {
	for name, kind := range map[string]string{
		"merges.txt": "byte-level BPE (vocab.json and merges.txt, as of RoBERTa)", "spiece.model": "SentencePiece",
		"sentencepiece.bpe.model": "SentencePiece",
	} {
		if _, err := fs.Stat(l.fsys, name); err == nil {
			return fmt.Errorf("tokenizer: %w: %s; a WordPiece vocab.txt or tokenizer.json is needed", ErrUnsupported, kind)
		}
	}
	return fmt.Errorf("tokenizer: neither %s nor %s found: %w", tokenizerJSON, vocabTxt, fs.ErrNotExist)
}

// read returns a file of at most limit bytes.
func (l *loader) read(name string, limit int64) ([]byte, error) {
	f, err := l.fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("tokenizer: reading %s: %w", name, err)
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("tokenizer: %w: %s is larger than %d MB", ErrFormat, name, limit>>20)
	}
	l.files[name] = raw
	return raw, nil
}

// build makes a Tokenizer of what the files say.
func build(s spec, files map[string][]byte) (*Tokenizer, error) {
	vocab, err := newVocabulary(s.vocab)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	normal := s.normal
	normal.chars = newChars()
	t := &Tokenizer{
		normal: &normal, steps: newSteps(&normal), vocab: vocab, files: files,
		verbatim: newMatcher(normal.chars), normalized: newMatcher(normal.chars),
		before: s.before, after: s.after, size: len(vocab.names),
	}
	if err := t.addTokens(s.added); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	for _, special := range append(s.before, s.after...) {
		if special.id < 0 || special.id >= maxVocab {
			return nil, fmt.Errorf("tokenizer: %w: the template's token %q has the id %d", ErrFormat, special.name, special.id)
		}
		t.size = max(t.size, special.id+1)
	}
	return t, nil
}

// addTokens gives the added tokens their ids and makes them findable. As in Hugging Face, the id that stands in the
// file is not used: a token of the vocabulary has its id there, others follow the vocabulary in order.
func (t *Tokenizer) addTokens(tokens []addedToken) error {
	if len(tokens) > maxVocab {
		return fmt.Errorf("%w: %d added tokens, at most %d are allowed", ErrFormat, len(tokens), maxVocab)
	}
	next := len(t.vocab.ids)
	known := map[string]addedToken{}
	var order []string
	for _, token := range tokens {
		if token.Content == "" {
			continue
		}
		if old, ok := known[token.Content]; ok {
			token.ID = old.ID
		} else if id, ok := t.vocab.ids[token.Content]; ok {
			token.ID = id
			order = append(order, token.Content)
		} else {
			token.ID = next
			next++
			order = append(order, token.Content)
		}
		known[token.Content] = token // the last of equal ones counts
		t.size = max(t.size, token.ID+1)
	}
	for _, content := range order {
		if err := t.addToken(known[content]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tokenizer) addToken(token addedToken) error {
	if !token.Normalized {
		t.verbatim.add(token.Content, token)
		return nil
	}
	pattern := ""
	for _, g := range t.normal.normalize(glyphs(token.Content, 0)) {
		pattern += string(g.r)
	}
	if pattern == "" {
		return fmt.Errorf("%w: the added token %q is nothing once normalised", ErrUnsupported, token.Content)
	}
	// Of two tokens with one normal form Hugging Face takes either, from run to run; here it is the first.
	if _, ok := t.normalized.tokens[pattern]; !ok {
		t.normalized.add(pattern, token)
	}
	return nil
}
