package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"time"

	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/train"
)

// A job is a line on standard input of `thaw bench --jobs`: what to do, how often, and on which texts. site/dev/bench
// sends the same jobs to other programs, turn by turn.
type job struct {
	Work      string              `json:"work"` // "forward", "step" or "tokenize"
	Repeat    int                 `json:"repeat"`
	Texts     []string            `json:"texts"`
	MaxLength int                 `json:"maxLength"`
	Tasks     []head.Task         `json:"tasks"`  // of a step
	Labels    []map[string]string `json:"labels"` // of a step, one for each text
	Freeze    string              `json:"freeze"`
	Cache     int64               `json:"cacheBytes"` // for outputs of frozen layers
}

// jobAnswer has the time of each repetition, and numbers of the result that other programs must get too.
type jobAnswer struct {
	MS     []float64 `json:"ms"`
	Sample []float32 `json:"sample"`
	Error  string    `json:"error,omitempty"`
}

// maxJob is the length of a line in bytes, maxRepeat how often a job may be repeated.
const (
	maxJob    = 16 << 20
	maxRepeat = 1000
)

// jobs answers jobs until standard input ends.
func (b *bench) jobs(threads int) error {
	dir, _, remove, err := b.folder()
	if err != nil {
		return err
	}
	defer remove()
	ops, err := openDevice(threads, untilDone(b.ctx))
	if err != nil {
		return err
	}
	defer ops.Close()
	m, err := b.open(ops, dir)
	if err != nil {
		return err
	}
	lines, out := bufio.NewScanner(b.s.in), jsonLines(b.s.out)
	lines.Buffer(nil, maxJob)
	for lines.Scan() {
		a, err := b.job(m, lines.Bytes())
		if err != nil {
			a = jobAnswer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (b *bench) job(m *model.Model, line []byte) (jobAnswer, error) {
	var j job
	if err := json.Unmarshal(line, &j); err != nil {
		return jobAnswer{}, err
	}
	if j.Repeat < 1 || j.Repeat > maxRepeat || len(j.Texts) == 0 {
		return jobAnswer{}, fmt.Errorf("a job of %d texts, %d times: want one text or more, 1 to %d times", len(j.Texts), j.Repeat, maxRepeat)
	}
	switch j.Work {
	case "forward":
		return b.forwardJob(m, j)
	case "step":
		return b.stepJob(m, j)
	case "tokenize":
		return b.tokenizeJob(m, j)
	}
	return jobAnswer{}, fmt.Errorf("work %q is unknown, want forward, step or tokenize", j.Work)
}

// timed repeats work.
func (b *bench) timed(n int, work func() error) (ms []float64, err error) {
	for range n {
		begin := time.Now()
		if err := work(); err != nil {
			return nil, err
		}
		if err := b.ctx.Err(); err != nil {
			return nil, err
		}
		ms = append(ms, time.Since(begin).Seconds()*1e3)
	}
	return ms, nil
}

// forwardJob encodes the texts to means over their tokens, the tokenizer included.
func (b *bench) forwardJob(m *model.Model, j job) (jobAnswer, error) {
	var all []float32
	ms, err := b.timed(j.Repeat, func() error {
		rows, err := m.Encode(j.Texts, model.PoolMean, j.MaxLength)
		all = all[:0]
		for _, r := range rows {
			all = append(all, r.Data...)
		}
		return err
	})
	if err != nil {
		return jobAnswer{}, err
	}
	return jobAnswer{MS: ms, Sample: sampled(all)}, nil
}

// tokenizeJob turns the texts into ids, one by one.
func (b *bench) tokenizeJob(m *model.Model, j job) (jobAnswer, error) {
	var all []float32
	ms, err := b.timed(j.Repeat, func() error {
		all = all[:0]
		for _, text := range j.Texts {
			for _, id := range m.Tokenizer.Encode(text, j.MaxLength).IDs {
				all = append(all, float32(id))
			}
		}
		return nil
	})
	return jobAnswer{MS: ms, Sample: sampled(all)}, err
}

// samples is how many numbers of a result are compared.
const samples = 64

// sampled is numbers of a result that is not empty, evenly spread.
func sampled(all []float32) []float32 {
	some := make([]float32, samples)
	for i := range some {
		some[i] = all[i*len(all)/samples]
	}
	return some
}

// stepJob trains on all texts a step, with fresh heads; the run is a short one of its own.
func (b *bench) stepJob(m *model.Model, j job) (jobAnswer, error) {
	records := make([]data.Record, len(j.Texts))
	for i, text := range j.Texts {
		records[i] = data.Record{Text: text}
		if i < len(j.Labels) {
			records[i].Labels = j.Labels[i]
		}
	}
	if err := m.SetHeads(head.Mean, j.Tasks, 1); err != nil {
		return jobAnswer{}, err
	}
	s := train.Defaults(m.Encoder.Config.Layers)
	s.Freeze, s.MaxLength, s.Batch, s.Dropout, s.Shuffle, s.Steps, s.CacheBytes = j.Freeze, j.MaxLength, len(records), 0, false, j.Repeat, j.Cache
	t, err := train.New(m, s, train.Data{Train: records})
	if err != nil {
		return jobAnswer{}, err
	}
	defer t.Close()
	ms, err := b.timed(j.Repeat, func() error { return t.Step(func(train.Event) {}) })
	return jobAnswer{MS: ms, Sample: []float32{}}, err
}
