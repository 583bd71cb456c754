package bridge

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"thaw/core/head"
	"thaw/core/model"
)

// maxSmall is the most bytes of a file of a model folder other than the weights.
const maxSmall = 64 << 20

// garbage is how much of it may gather before it is collected, in per cent of what is alive.
const garbage = 10

// origin is the heads that a model folder came with; no tasks: none.
type origin struct {
	style head.Style
	tasks []head.Task
}

// The names of the weights, and of what says which shard holds which tensor.
const (
	weightsFile = "model.safetensors"
	indexFile   = "model.safetensors.index.json"
)

// load reads a model folder. The old model stays until the new one is whole.
func (s *session) load(a *Load, open func(string) (Stream, error)) (any, error) {
	if open == nil {
		return nil, fault("message", "", "load came without files")
	}
	weights := weightsOf(a.Files)
	if len(weights) == 0 {
		return nil, fault("files", "Choose a folder with config.json, tokenizer.json (or vocab.txt) and model.safetensors.", "%s is not among the files", weightsFile)
	}
	folder := folder{}
	for _, f := range a.Files {
		if slices.Contains(weights, f) {
			continue
		}
		text, err := s.small(f, open)
		if err != nil {
			return nil, err
		}
		folder[f.Name] = text
	}
	m, err := model.Prepare(s.ops, folder)
	if err != nil {
		return nil, err
	}
	if err := s.weights(m, folder, weights, open); err != nil {
		m.Free()
		return nil, err
	}
	s.endRun()
	if s.model != nil {
		s.model.Free()
	}
	// The memory of a page never shrinks. Collected now, the old model's makes room for what comes; and from here on garbage may not
	// grow as large as the weights, which it could with Go's usual share.
	debug.SetGCPercent(garbage)
	defer runtime.GC()
	s.model, s.freeze, s.learnt, s.worn, s.origin = m, "", m.Heads != nil, false, origin{}
	if m.Heads != nil {
		s.origin = origin{m.Heads.Style, slices.Clone(m.Heads.Tasks)}
	}
	if err := s.time(m, s.sample()); err != nil {
		return nil, err
	}
	if err := s.follow(); err != nil {
		return nil, err
	}
	size := int64(0)
	for _, f := range weights {
		size += f.Bytes
	}
	reply := loaded(a.Name, s.model, size)
	reply.MS, reply.Device = s.speed.forward, s.devices.Device()
	return reply, nil
}

// small reads one of the small files.
func (s *session) small(f File, open func(string) (Stream, error)) ([]byte, error) {
	if f.Bytes > maxSmall {
		return nil, fault("files", "Is it the right file?", "%.80q has %d bytes and at most %d are expected", f.Name, f.Bytes, maxSmall)
	}
	in, err := open(f.Name)
	if err != nil {
		return nil, err
	}
	v := s.verifier(f, in)
	text, err := io.ReadAll(io.LimitReader(v, maxSmall+1))
	return text, v.finish(err)
}

// weightsOf are the files with the weights: model.safetensors, or where there is none the shards that an index names.
func weightsOf(files []File) (weights []File) {
	for _, f := range files {
		if f.Name == weightsFile {
			return []File{f}
		}
		if strings.HasSuffix(f.Name, ".safetensors") {
			weights = append(weights, f)
		}
	}
	return weights
}

// weights streams the weights into the model. The folder has the index of shards.
func (s *session) weights(m *model.Model, folder folder, files []File, open func(string) (Stream, error)) error {
	if files[0].Name != weightsFile {
		shards := &shards{folder: folder, files: files, open: open, session: s}
		return shards.finish(m.ReadShards(shards))
	}
	in, err := open(weightsFile)
	if err != nil {
		return err
	}
	v := s.verifier(files[0], in)
	return v.finish(m.ReadWeights(v))
}

// again reads the weights of the loaded files once more, into a copy of the model.
func (s *session) again(m *model.Model, files []File, open func(string) (Stream, error)) error {
	weights := weightsOf(files)
	if open == nil || len(weights) == 0 {
		return fault("message", "", "a run has changed the weights, and no files came to read them again")
	}
	folder := folder{}
	for _, f := range files {
		if f.Name != indexFile {
			continue
		}
		text, err := s.small(f, open)
		if err != nil {
			return err
		}
		folder[indexFile] = text
	}
	return s.weights(m, folder, weights, open)
}

// verifier is a file on its way in, counted and hashed, so that what is not the file it claims to be is never kept.
type verifier struct {
	file  File
	in    Stream
	hash  hash.Hash // nil where the digest is not known
	read  int64
	ended bool
	given func() error // the work was given up
}

func (s *session) verifier(f File, in Stream) *verifier {
	v := &verifier{file: f, in: in, given: s.cancelled}
	if f.SHA256 != "" {
		v.hash = sha256.New()
	}
	return v
}

// cancelled says whether the work has been given up. The streams park, so messages have come in by themselves.
func (s *session) cancelled() error {
	s.last = time.Time{}
	return s.tick()
}

func (v *verifier) Read(p []byte) (int, error) {
	if err := v.given(); err != nil {
		return 0, err
	}
	n, err := v.in.Read(p)
	v.read += int64(n)
	v.ended = v.ended || err == io.EOF
	if v.hash != nil {
		v.hash.Write(p[:n])
	}
	return n, err
}

// finish compares what came with what was expected; err is what the reader made of it. The stream hears the outcome.
func (v *verifier) finish(err error) error {
	if wrong := v.wrong(); wrong != nil && v.ended {
		err = wrong
	}
	if kept := v.in.Finish(err == nil); err == nil {
		err = kept
	}
	return err
}

func (v *verifier) wrong() error {
	if v.file.Bytes > 0 && v.read != v.file.Bytes {
		return fault("download", "Check the connection and load again; nothing half was kept.",
			"%s came with %d bytes and should have %d", v.file.Name, v.read, v.file.Bytes)
	}
	if v.hash == nil {
		return nil
	}
	if got := hex.EncodeToString(v.hash.Sum(nil)); got != v.file.SHA256 {
		return fault("download", "Load again; nothing of it was kept.",
			"%s is not the file that weights/manifest.json names: its SHA-256 begins with %.12s and should with %.12s", v.file.Name, got, v.file.SHA256)
	}
	return nil
}

// loaded describes a model.
func loaded(name string, m *model.Model, size int64) Loaded {
	c := m.Encoder.Config
	l := Loaded{
		Name: name, Family: string(c.Family), Layers: c.Layers, Hidden: c.Hidden, Positions: c.Positions,
		Bytes: size, Ignored: append([]string{}, m.Ignored...), Fresh: append([]string{}, m.Fresh...), Tasks: []Task{},
	}
	for _, p := range m.Params.Params() {
		l.Parameters = append(l.Parameters, Parameter{p.Name, p.Shape, p.Size(), p.Group})
	}
	if m.Heads != nil {
		l.Tasks = tasksOf(m.Heads.Tasks)
	}
	return l
}
