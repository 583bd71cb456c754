package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"

	"thaw/core/nn"
)

// digest takes the SHA-256 of every frozen tensor that has none yet. Parameters that the loss does not reach are among them.
func (t *Trainer) digest() error {
	taken := map[string]string{}
	for _, p := range t.model.Params.Params() {
		if _, ok := t.before[p.Name]; ok || p.Thawed() {
			continue
		}
		h, err := t.hash(p, true)
		if err != nil {
			return err
		}
		taken[p.Name] = h
	}
	if t.before == nil {
		t.before = map[string]string{}
	}
	maps.Copy(t.before, taken)
	return nil
}

// proof takes the digests again and compares. Tensors that were frozen for a part of the run come last, with the digests of
// when they were frozen and thawed.
func (t *Trainer) proof(stopped bool) (FrozenEvent, error) {
	e := FrozenEvent{Event: "frozen", Equal: true, List: []FrozenTensor{}}
	all := sha256.New()
	for _, p := range t.model.Params.Params() {
		before, ok := t.before[p.Name]
		if !ok {
			continue
		}
		after, err := t.hash(p, !stopped)
		if err != nil {
			return e, err
		}
		e.List = append(e.List, FrozenTensor{Name: p.Name, Before: before, After: after})
	}
	e.List = append(e.List, t.proved...)
	for _, f := range e.List {
		all.Write([]byte(f.After))
		e.Equal = e.Equal && f.Before == f.After
	}
	e.Tensors, e.SHA256 = len(e.List), hex.EncodeToString(all.Sum(nil))
	return e, nil
}

// hashChunk is the elements that are read and digested at a time.
const hashChunk = 1 << 16

// hash is the SHA-256 of a tensor's elements as little-endian float32, as they stand in a safetensors file. Between chunks
// an operation gives the device a chance to let events in, for digesting a large table takes a while in a browser; not when
// the run was stopped, for then operations are refused.
func (t *Trainer) hash(p *nn.Param, breathe bool) (string, error) {
	h, n := sha256.New(), p.Size()
	floats, bytes := make([]float32, min(n, hashChunk)), make([]byte, 4*min(n, hashChunk))
	for at := 0; at < n; at += hashChunk {
		c := floats[:min(hashChunk, n-at)]
		if err := t.ops.Read(c, p.Value.View(at, len(c))); err != nil {
			return "", err
		}
		for i, e := range c {
			binary.LittleEndian.PutUint32(bytes[4*i:], math.Float32bits(e))
		}
		h.Write(bytes[:4*len(c)])
		if breathe {
			if err := t.breathe(0, 0); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
