// Package model reads and writes model folders and answers with them: an encoder, its tokenizer and task heads.
package model

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/encoder"
	"thaw/core/head"
	"thaw/core/nn"
	"thaw/core/safetensors"
	"thaw/core/tokenizer"
)

// ErrWeights is the root of every fault of a weights file.
var ErrWeights = errors.New("model.safetensors")

// Model is an encoder with its tokenizer and, once SetHeads was called, task heads.
type Model struct {
	Encoder   *encoder.Encoder
	Heads     *head.Heads // nil until there are tasks
	Tokenizer *tokenizer.Tokenizer
	Params    *nn.Set
	Card      Card

	Ignored []string // tensors of the file that belong to no part of this model
	Fresh   []string // parameters that the file does not have and that were made anew

	config []byte
	tape   *autograd.Tape // of answers; training has its own
}

// Card is thaw.json: what a model folder says of itself.
type Card struct {
	Version  int             `json:"version"`  // 1
	Head     head.Style      `json:"head"`     // how heads are built
	Tasks    []head.Task     `json:"tasks"`    // in the order of their heads
	Freeze   string          `json:"freeze"`   // the policy of the last run
	Settings json.RawMessage `json:"settings"` // of the last run
	Trained  Trained         `json:"trained"`
}

// Trained says where a model comes from.
type Trained struct {
	Steps    int    `json:"steps"`
	Examples int    `json:"examples"`
	From     string `json:"from"` // the folder or name it began with
}

const cardVersion = 1

// Prepare reads config.json, the tokenizer and, if it is there, thaw.json, and gives the parameters their memory.
// ReadWeights fills it.
func Prepare(ops backend.Backend, fsys fs.FS) (*Model, error) {
	config, err := fs.ReadFile(fsys, "config.json")
	if err != nil {
		return nil, fmt.Errorf("config.json: %w; a model folder holds config.json, a tokenizer and model.safetensors", err)
	}
	c, err := encoder.LoadConfig(config)
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.Load(fsys)
	if err != nil {
		return nil, err
	}
	if tok.VocabSize() > c.Vocab {
		return nil, fmt.Errorf("the tokenizer has %d tokens and config.json a vocabulary of %d; they belong to different models", tok.VocabSize(), c.Vocab)
	}
	if n := len(tok.Encode("", 0).IDs); n < 1 || n >= c.Positions {
		return nil, fmt.Errorf("the tokenizer puts %d special tokens around a text, want at least one and fewer than the %d positions of config.json", n, c.Positions)
	}
	if config, err = float32Config(config); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	m := &Model{Tokenizer: tok, Params: nn.NewSet(ops), config: config, tape: autograd.NewTape(ops)}
	m.Encoder = encoder.New(c, m.Params)
	m.Params.Alloc()
	return m, m.readCard(fsys)
}

// readCard takes tasks and heads from thaw.json, if the folder has one.
func (m *Model) readCard(fsys fs.FS) error {
	file, err := fs.ReadFile(fsys, "thaw.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("thaw.json: %w", err)
	}
	if err := json.Unmarshal(file, &m.Card); err != nil {
		return fmt.Errorf("thaw.json: %w", err)
	}
	if m.Card.Version != cardVersion {
		return fmt.Errorf("thaw.json: version %d, this program reads version %d", m.Card.Version, cardVersion)
	}
	if err := m.SetHeads(m.Card.Head, m.Card.Tasks, 0); err != nil {
		return fmt.Errorf("thaw.json: %w", err)
	}
	return nil
}

// Open reads a whole model folder, its weights in one file or in shards with an index.
func Open(ops backend.Backend, fsys fs.FS) (*Model, error) {
	m, err := Prepare(ops, fsys)
	if err != nil {
		return nil, err
	}
	f, err := fsys.Open("model.safetensors")
	if errors.Is(err, fs.ErrNotExist) && exists(fsys, indexFile) {
		return m, m.ReadShards(fsys)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w is missing: %w; weights come as safetensors, in one file or in shards with %s", ErrWeights, err, indexFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWeights, err)
	}
	defer f.Close()
	return m, m.ReadWeights(f)
}

// ReadWeights streams a safetensors file into the parameters. Names may lack the family's prefix and may say gamma and
// beta; tensors of other parts (pre-training heads) are ignored and listed; a missing tensor is an error that names it,
// except BERT's pooler, which is then made anew.
func (m *Model) ReadWeights(r io.Reader) error {
	in := m.filler()
	if err := in.read(r); err != nil {
		return fmt.Errorf("%w: %w", ErrWeights, err)
	}
	return m.complete(in.seen)
}

// filler hands out the memory that tensors are decoded into.
type filler struct {
	m       *Model
	seen    map[string]bool
	staging []float32 // for a device that is not the host
	target  backend.Buffer
}

// filler begins to read the weights anew.
func (m *Model) filler() *filler {
	m.Ignored, m.Fresh = nil, nil
	return &filler{m: m, seen: map[string]bool{}}
}

// read takes one safetensors file.
func (f *filler) read(r io.Reader) error {
	_, err := safetensors.Decode(bufio.NewReaderSize(r, 1<<16), f.want)
	if err == nil {
		f.flush()
	}
	return err
}

func (f *filler) want(t safetensors.Info) ([]float32, error) {
	f.flush()
	p, ok := f.m.Params.Lookup(f.m.canonical(t.Name))
	if !ok {
		f.m.Ignored = append(f.m.Ignored, t.Name)
		return nil, nil
	}
	if !slices.Equal(t.Shape, p.Shape) {
		return nil, fmt.Errorf("tensor %s is %v, config.json makes it %v", t.Name, t.Shape, []int(p.Shape))
	}
	if f.seen[p.Name] {
		return nil, fmt.Errorf("tensor %s stands twice, with and without prefix or in two files", p.Name)
	}
	f.seen[p.Name] = true
	if h, ok := f.m.Params.Ops().(backend.Host); ok {
		return h.Elements(p.Value, true), nil
	}
	if len(f.staging) < p.Size() {
		f.staging = make([]float32, p.Size())
	}
	f.target = p.Value
	return f.staging[:p.Size()], nil
}

// flush moves the tensor that has just been decoded to the device.
func (f *filler) flush() {
	if f.target != nil {
		f.m.Params.Ops().Write(f.target, f.staging[:f.target.Len()])
		f.target = nil
	}
}

// canonical is a tensor's name in thaw: with the family's prefix, weight and bias for gamma and beta.
func (m *Model) canonical(name string) string {
	if s, ok := strings.CutSuffix(name, ".gamma"); ok {
		name = s + ".weight"
	}
	if s, ok := strings.CutSuffix(name, ".beta"); ok {
		name = s + ".bias"
	}
	if _, ok := m.Params.Lookup(name); ok || strings.HasPrefix(name, "heads.") {
		return name
	}
	return m.Encoder.Config.Prefix() + name
}

// complete checks that every parameter was in the file.
func (m *Model) complete(seen map[string]bool) error {
	var missing []string
	for _, p := range m.Params.Params() {
		switch {
		case seen[p.Name]:
		case p.Group == "pooler":
			m.fresh(p)
		default:
			missing = append(missing, p.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %d tensors are missing: %s", ErrWeights, len(missing), listed(missing))
	}
	return m.Params.Ops().Sync()
}

// fresh makes a parameter anew as transformers does: weights N(0, initializer_range²), biases 0.
func (m *Model) fresh(p *nn.Param) {
	m.Fresh = append(m.Fresh, p.Name)
	if len(p.Shape) > 1 {
		m.Params.InitNormal(p, m.Encoder.Config.InitStd, 0)
	} else {
		m.Params.Ops().Fill(p.Value, 0)
	}
}

func listed(names []string) string {
	if len(names) > 6 {
		return strings.Join(names[:6], ", ") + fmt.Sprintf(" and %d more", len(names)-6)
	}
	return strings.Join(names, ", ")
}

// SetHeads gives the model heads for these tasks, their weights drawn by the seed. Heads of the same style and tasks
// stay as they are.
func (m *Model) SetHeads(style head.Style, tasks []head.Task, seed uint64) error {
	if err := cmp.Or(style.Check(), head.Check(tasks)); err != nil {
		return err // before the old heads are gone
	}
	if m.Heads != nil && m.Heads.Style == style && sameTasks(m.Heads.Tasks, tasks) {
		m.Heads.Tasks, m.Card.Tasks = tasks, tasks
		return nil
	}
	m.Params.Remove(func(group string) bool { return strings.HasPrefix(group, "heads.") })
	h, err := m.newHeads(style, tasks)
	if err != nil {
		return err
	}
	m.Params.Alloc()
	h.Init(m.Encoder.Config.InitStd, seed)
	m.Heads = h
	m.Card.Version, m.Card.Head, m.Card.Tasks = cardVersion, style, tasks
	return m.Params.Ops().Sync()
}

// sameTasks says whether heads for a serve b: equal names and labels; weights may differ.
func sameTasks(a, b []head.Task) bool {
	return slices.EqualFunc(a, b, func(x, y head.Task) bool {
		return x.Name == y.Name && x.Kind == y.Kind && slices.Equal(x.Labels, y.Labels)
	})
}

// Names are those of all parameters.
func (m *Model) Names() (names []string) {
	for _, p := range m.Params.Params() {
		names = append(names, p.Name)
	}
	return names
}

// Free gives the device's memory back.
func (m *Model) Free() {
	m.tape.Free()
	m.Params.Free()
}
