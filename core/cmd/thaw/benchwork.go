package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/kernel"
	"thaw/core/model"
	"thaw/core/nn"
	"thaw/core/synth"
	"thaw/core/train"
)

// warmUps are runs that do not count: they pack weights and fill caches.
const warmUps = 2

// median is the median time of work in milliseconds.
func (b *bench) median(work func() error) (float64, error) {
	var times []float64
	for i := range warmUps + b.repeat {
		begin := time.Now()
		if err := work(); err != nil {
			return 0, err
		}
		if err := b.ctx.Err(); err != nil {
			return 0, err
		}
		if i >= warmUps {
			times = append(times, time.Since(begin).Seconds()*1e3)
		}
	}
	return middle(times), nil
}

// middle is the median of times, the greater of the two middle ones where their number is even.
func middle(times []float64) float64 {
	slices.Sort(times)
	return times[len(times)/2]
}

// products times y [M, N] = x wᵀ + b with w packed once, as a forward pass has it, at the shapes of MiniLM's layers.
func (b *bench) products(ops backend.Backend, threads int) error {
	for _, s := range [][3]int{{1024, 1152, 384}, {1024, 384, 384}, {1024, 1536, 384}, {1024, 384, 1536}} {
		m, n, k := s[0], s[1], s[2]
		p := backend.MatMul{
			Y: ops.Alloc(m * n), X: ramp(ops, m*k), W: ramp(ops, n*k), B: ramp(ops, n),
			M: m, N: n, K: k, Layout: kernel.NT, Then: kernel.Bias,
		}
		ms, err := b.median(func() error {
			ops.MatMul(p)
			return ops.Sync()
		})
		if err != nil {
			return err
		}
		row := struct {
			Bench   string  `json:"bench"` // "gemm"
			Threads int     `json:"threads"`
			M       int     `json:"m"`
			N       int     `json:"n"`
			K       int     `json:"k"`
			MS      float64 `json:"ms"`
			GFLOPS  float64 `json:"gflops"` // GFLOP/s, two a multiplication and addition
		}{"gemm", threads, m, n, k, ms, 2 * float64(m) * float64(n) * float64(k) / ms / 1e6}
		if err := b.line(row, "%d threads  product %d×%d×%d  %.2f ms  %.1f GFLOP/s", threads, m, n, k, ms, row.GFLOPS); err != nil {
			return err
		}
	}
	return nil
}

// ramp is n numbers between -1 and 1.
func ramp(ops backend.Backend, n int) backend.Buffer {
	v, b := make([]float32, n), ops.Alloc(n)
	for i := range v {
		v[i] = float32(i%201)/100 - 1
	}
	ops.Write(b, v)
	return b
}

// open opens the encoder of a folder, with random weights where it has none, and gives it the two default tasks.
func (b *bench) open(ops backend.Backend, dir string) (*model.Model, error) {
	var m *model.Model
	var err error
	if exists(filepath.Join(dir, "model.safetensors")) {
		m, err = openModel(ops, dir)
	} else if m, err = model.Prepare(ops, os.DirFS(dir)); err == nil {
		for _, p := range m.Params.Params() {
			randomize(m.Params, p, m.Encoder.Config.InitStd)
		}
	}
	if err != nil {
		return nil, err
	}
	return m, m.SetHeads(head.Mean, synth.Tasks(), 1)
}

// randomize fills a parameter as a fresh model has it: matrices N(0, std²), LayerNorm's weights 1, biases 0.
func randomize(set *nn.Set, p *nn.Param, std float64) {
	switch {
	case len(p.Shape) > 1:
		set.InitNormal(p, std, 1)
	case strings.HasSuffix(p.Name, ".weight"):
		set.Ops().Fill(p.Value, 1)
	}
}

// sentences are n labelled texts that an encoder cuts at length tokens each.
func sentences(n, length int) []data.Record {
	tasks, records := synth.Tasks(), make([]data.Record, n)
	for i := range records {
		var text strings.Builder
		for j := range length {
			fmt.Fprintf(&text, "%c ", letters[(i*7+j*(i%5+1))%len(letters)])
		}
		records[i] = data.Record{Text: text.String(), Labels: map[string]string{}}
		for _, t := range tasks {
			records[i].Labels[t.Name] = t.Labels[i%len(t.Labels)]
		}
	}
	return records
}

// length is the tokens of a sentence, fewer where the encoder holds fewer.
func length(m *model.Model) int { return min(benchTokens, m.Encoder.Config.Positions) }

// forward times the encoder without a tape.
func (b *bench) forward(m *model.Model, threads int) error {
	var texts []string
	for _, r := range sentences(benchSentences, length(m)) {
		texts = append(texts, r.Text)
	}
	ms, err := b.median(func() error {
		_, err := m.Encode(texts, model.PoolMean, length(m))
		return err
	})
	if err != nil {
		return err
	}
	tokens := benchSentences * length(m)
	return b.line(struct {
		Bench   string  `json:"bench"` // "forward"
		Threads int     `json:"threads"`
		Tokens  int     `json:"tokens"`
		MS      float64 `json:"ms"`
	}{"forward", threads, tokens, ms}, "%d threads  forward of %d tokens  %.1f ms", threads, tokens, ms)
}

// trainer prepares a run on n sentences that is stepped by hand.
func (b *bench) trainer(m *model.Model, policy string, n int) (*train.Trainer, error) {
	s := train.Defaults(m.Encoder.Config.Layers)
	s.Freeze, s.MaxLength, s.Batch, s.Dropout, s.Shuffle, s.Steps = policy, length(m), benchSentences, 0, false, 1<<20
	return train.New(m, s, train.Data{Train: sentences(n, length(m))})
}

// steps times a training step under a policy. Where a prefix is frozen the first step fills its cache, and the others
// read it.
func (b *bench) steps(m *model.Model, threads int, policy string) error {
	t, err := b.trainer(m, policy, benchSentences)
	if err != nil {
		return err
	}
	defer t.Close()
	begin := time.Now()
	step := func() error { return t.Step(func(train.Event) {}) }
	if err := step(); err != nil {
		return err
	}
	first := time.Since(begin).Seconds() * 1e3
	ms, err := b.median(step)
	if err != nil {
		return err
	}
	tokens := benchSentences * length(m)
	return b.line(struct {
		Bench   string  `json:"bench"` // "step"
		Threads int     `json:"threads"`
		Freeze  string  `json:"freeze"`
		Tokens  int     `json:"tokens"`
		FirstMS float64 `json:"firstMs"` // of the one that fills the cache
		MS      float64 `json:"ms"`
	}{"step", threads, policy, tokens, first, ms},
		"%d threads  training step of %d tokens, freeze %s  %.1f ms (the first %.1f ms)", threads, tokens, policy, ms, first)
}

// benchEpoch is the sentences of the epoch that is timed.
const benchEpoch = 8 * benchSentences

// epochs times an epoch of heads alone: the first computes the features, the others read them.
func (b *bench) epochs(m *model.Model, threads int) error {
	t, err := b.trainer(m, "backbone", benchEpoch)
	if err != nil {
		return err
	}
	defer t.Close()
	epoch := func() error {
		for range benchEpoch / benchSentences {
			if err := t.Step(func(train.Event) {}); err != nil {
				return err
			}
		}
		return nil
	}
	begin := time.Now()
	if err := epoch(); err != nil {
		return err
	}
	first := time.Since(begin).Seconds() * 1e3
	ms, err := b.median(epoch)
	if err != nil {
		return err
	}
	return b.line(struct {
		Bench     string  `json:"bench"` // "epoch"
		Threads   int     `json:"threads"`
		Freeze    string  `json:"freeze"`
		Sentences int     `json:"sentences"`
		FirstMS   float64 `json:"firstMs"`
		MS        float64 `json:"ms"`
		Ratio     float64 `json:"ratio"` // first over cached
	}{"epoch", threads, "backbone", benchEpoch, first, ms, first / ms},
		"%d threads  epoch of %d sentences, freeze backbone  %.1f ms cached, the first %.1f ms: %.0f times", threads, benchEpoch, ms, first, first/ms)
}
