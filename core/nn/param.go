// Package nn has named parameters in flat arenas, and the layers made of them.
package nn

import (
	"fmt"
	"strings"

	"thaw/core/backend"
	"thaw/core/tensor"
)

// Param is one tensor of the model under its name in the checkpoint.
type Param struct {
	Name  string // "bert.encoder.layer.0.attention.self.query.weight"
	Shape tensor.Shape
	Group string // "embeddings", "layer.0", "pooler", "heads.topic"

	Value backend.Buffer // a view of the arena's P
	Grad  backend.Buffer // a view of the arena's G, nil while frozen

	at, grad int  // where Value and Grad begin in P and G
	product  bool // Grad comes from products alone, of which the first can be stored
	first    bool // nothing has come to Grad since BeginGrads
}

// Size is the number of elements.
func (p *Param) Size() int { return p.Shape.Size() }

// Thawed says whether p trains.
func (p *Param) Thawed() bool { return p.Grad != nil }

// Decays says whether weight decay applies: to all but biases and the weights of LayerNorm, as in the Hugging Face trainer.
func (p *Param) Decays() bool {
	return !strings.HasSuffix(p.Name, ".bias") && !strings.Contains(p.Name, "LayerNorm") && !strings.Contains(p.Name, "layer_norm")
}

// Arena holds the parameters of one group side by side. P never moves; G holds the gradients of thawed tensors only and is
// made anew when that set changes.
type Arena struct {
	Group  string
	Params []*Param
	P, G   backend.Buffer
	views  map[*Param]backend.Buffer // several tensors side by side, by the first
	sums   []backend.Buffer          // the runs of G to which terms are added from zeros on
}

// Regions are the thawed runs of the arena: where they lie in P and in G, which the moments share.
func (a *Arena) Regions(rate func(*Param) float64) (r []backend.Region) {
	for _, p := range a.Params {
		if p.Thawed() {
			r = append(r, backend.Region{P: p.at, G: p.grad, N: p.Size(), Rate: float32(rate(p)), Decay: p.Decays()})
		}
	}
	return r
}

// Set is all parameters of a model, in the order of its layers.
type Set struct {
	Arenas []*Arena
	ops    backend.Backend
	byName map[string]*Param
}

// NewSet returns an empty set on a device.
func NewSet(ops backend.Backend) *Set { return &Set{ops: ops, byName: map[string]*Param{}} }

// Ops is the device.
func (s *Set) Ops() backend.Backend { return s.ops }

// Add declares a parameter. Alloc gives it memory.
func (s *Set) Add(group, name string, shape ...int) *Param {
	if s.byName[name] != nil {
		panic(fmt.Sprintf("nn: parameter %s declared twice", name))
	}
	p := &Param{Name: name, Shape: shape, Group: group}
	s.byName[name] = p
	a := s.arena(group)
	if a.P != nil {
		panic(fmt.Sprintf("nn: parameter %s declared after group %s got its memory", name, group))
	}
	a.Params = append(a.Params, p)
	return p
}

func (s *Set) arena(group string) *Arena {
	for _, a := range s.Arenas {
		if a.Group == group {
			return a
		}
	}
	a := &Arena{Group: group}
	s.Arenas = append(s.Arenas, a)
	return a
}

// Alloc gives the arenas that have none their memory, zeros.
func (s *Set) Alloc() {
	for _, a := range s.Arenas {
		if a.P != nil {
			continue
		}
		n := 0
		for _, p := range a.Params {
			p.at = n
			n += p.Size()
		}
		a.P = s.ops.Alloc(n)
		for _, p := range a.Params {
			p.Value = a.P.View(p.at, p.Size())
		}
	}
}

// Params are all parameters, arena by arena.
func (s *Set) Params() (all []*Param) {
	for _, a := range s.Arenas {
		all = append(all, a.Params...)
	}
	return all
}

// Lookup finds a parameter by its name.
func (s *Set) Lookup(name string) (*Param, bool) {
	p, ok := s.byName[name]
	return p, ok
}

// Thaw gives a gradient to the parameters that trains names and takes it from the others.
func (s *Set) Thaw(trains func(name string) bool) {
	for _, a := range s.Arenas {
		a.thaw(s.ops, trains)
	}
}

func (a *Arena) thaw(ops backend.Backend, trains func(string) bool) {
	if a.G != nil {
		ops.Free(a.G)
		a.G, a.sums = nil, nil
	}
	n := 0
	for _, p := range a.Params {
		p.Grad, p.grad, p.first = nil, n, false
		if trains(p.Name) {
			n += p.Size()
		}
	}
	if n == 0 {
		return
	}
	a.G = ops.Alloc(n)
	for _, p := range a.Params {
		if trains(p.Name) {
			p.Grad = a.G.View(p.grad, p.Size())
		}
	}
	a.findSums()
}

// findSums makes views of the runs of G that lie between the gradients of products.
func (a *Arena) findSums() {
	from, to := 0, 0
	end := func() {
		if to > from {
			a.sums = append(a.sums, a.G.View(from, to-from))
		}
	}
	for _, p := range a.Params {
		if !p.Thawed() {
			continue
		}
		if p.product {
			end()
			from = p.grad + p.Size()
		}
		to = p.grad + p.Size()
	}
	end()
}

// BeginGrads makes gradients ready for a step: zeros, or, where a product brings them, anything, for its first term is stored. EndGrads
// follows on the last term.
func (s *Set) BeginGrads() {
	for _, a := range s.Arenas {
		for _, p := range a.Params {
			p.first = p.product && p.Thawed()
		}
		for _, g := range a.sums {
			s.ops.Fill(g, 0)
		}
	}
}

// EndGrads gives zeros to those to which nothing came.
func (s *Set) EndGrads() {
	for _, p := range s.Params() {
		if p.first {
			s.ops.Fill(p.Grad, 0)
			p.first = false
		}
	}
}

// Trainable is the number of thawed elements, Total that of all.
func (s *Set) Trainable() (n int) {
	for _, p := range s.Params() {
		if p.Thawed() {
			n += p.Size()
		}
	}
	return n
}

// Total is the number of elements of all parameters.
func (s *Set) Total() (n int) {
	for _, p := range s.Params() {
		n += p.Size()
	}
	return n
}

// Free gives the memory of all arenas back.
func (s *Set) Free() {
	for _, a := range s.Arenas {
		a.free(s.ops)
	}
}

// GradOffset is where p's gradient begins in its arena's G; the moments share it.
func (p *Param) GradOffset() int { return p.grad }

// Remove takes the arenas of the groups that drop names out of the set and frees them.
func (s *Set) Remove(drop func(group string) bool) {
	var kept []*Arena
	for _, a := range s.Arenas {
		if !drop(a.Group) {
			kept = append(kept, a)
			continue
		}
		for _, p := range a.Params {
			delete(s.byName, p.Name)
		}
		a.free(s.ops)
	}
	s.Arenas = kept
}

// free gives the arena's memory back.
func (a *Arena) free(ops backend.Backend) {
	for _, b := range []backend.Buffer{a.P, a.G} {
		if b != nil {
			ops.Free(b)
		}
	}
	a.P, a.G, a.views, a.sums = nil, nil, nil, nil
}
