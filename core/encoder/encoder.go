package encoder

import (
	"fmt"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/nn"
)

// Encoder turns packed token ids into hidden states, one row a token.
type Encoder struct {
	Config *Config

	words, positions, types *nn.Embedding // [V, H], [P, H], [types, H]; types is nil if the family has none
	norm                    *nn.LayerNorm
	layers                  []*layer

	// Pooler is BERT's dense layer on the first token, kept for its head; nil if the family has none.
	Pooler *nn.Linear

	set *nn.Set
}

// layer is one transformer block, post-norm.
type layer struct {
	qkv, out  *nn.Linear    // [3H, H], [H, H]
	attnNorm  *nn.LayerNorm // behind attention
	up, down  *nn.Linear    // [F, H], [H, F]
	innerNorm *nn.LayerNorm // behind the feed-forward block
}

// New declares an encoder's parameters in a set.
func New(c *Config, s *nn.Set) *Encoder {
	e := &Encoder{Config: c, set: s}
	e.words = nn.NewEmbedding(s, "embeddings", c.embedding("word_embeddings"), c.Vocab, c.Hidden)
	e.positions = nn.NewEmbedding(s, "embeddings", c.embedding("position_embeddings"), c.Positions, c.Hidden)
	if c.Types > 0 {
		e.types = nn.NewEmbedding(s, "embeddings", c.embedding("token_type_embeddings"), c.Types, c.Hidden)
	}
	e.norm = nn.NewLayerNorm(s, "embeddings", c.embedding("LayerNorm"), c.Hidden, c.Eps)
	for i := range c.Layers {
		e.layers = append(e.layers, newLayer(c, s, i))
	}
	if pooler := c.form().pooler; pooler != "" {
		e.Pooler = nn.NewLinear(s, "pooler", c.Hidden, c.Hidden, c.Prefix()+pooler)
	}
	return e
}

func newLayer(c *Config, s *nn.Set, i int) *layer {
	g, f := LayerGroup(i), c.form()
	at := func(part string) string { return c.inLayer(i, part) }
	return &layer{
		qkv:       nn.NewLinear(s, g, c.Hidden, c.Hidden, at(f.query), at(f.key), at(f.value)),
		out:       nn.NewLinear(s, g, c.Hidden, c.Hidden, at(f.out)),
		attnNorm:  nn.NewLayerNorm(s, g, at(f.attnNorm), c.Hidden, c.Eps),
		up:        nn.NewLinear(s, g, c.Hidden, c.Inner, at(f.up)),
		down:      nn.NewLinear(s, g, c.Inner, c.Hidden, at(f.down)),
		innerNorm: nn.NewLayerNorm(s, g, at(f.norm), c.Hidden, c.Eps),
	}
}

// LayerGroup is the group of layer i's parameters.
func LayerGroup(i int) string { return fmt.Sprintf("layer.%d", i) }

// Frozen is how many stages from the bottom have no thawed tensor: 0 if the embeddings train, 1 + i if the first thawed
// tensor is in layer i, 1 + L if no layer trains. Their outputs depend on the sentence alone.
func (e *Encoder) Frozen() int {
	if e.embeddingsThawed() {
		return 0
	}
	for i, l := range e.layers {
		if l.thawed() {
			return 1 + i
		}
	}
	return 1 + len(e.layers)
}

func (e *Encoder) embeddingsThawed() bool {
	return e.words.Weight.Thawed() || e.positions.Weight.Thawed() || e.types != nil && e.types.Weight.Thawed() || e.norm.Thawed()
}

func (l *layer) thawed() bool {
	return l.qkv.Thawed() || l.out.Thawed() || l.attnNorm.Thawed() || l.up.Thawed() || l.down.Thawed() || l.innerNorm.Thawed()
}

// Stages is the number of stages: the embeddings and each layer.
func (e *Encoder) Stages() int { return 1 + len(e.layers) }

// Forward runs stages from to to-1 on a batch. x is the output of stage from-1, nil if from is 0.
func (e *Encoder) Forward(t *autograd.Tape, b nn.Batch, x *autograd.Var, from, to int) *autograd.Var {
	for stage := from; stage < to; stage++ {
		mark := t.Mark()
		y := x
		if stage == 0 {
			y = e.embed(t, b)
		} else {
			y = e.layers[stage-1].forward(e, t, b, x, stage-1)
		}
		if x != nil && x.Slot() >= 0 && !x.NeedsGrad() && stage > from {
			mark = x.Slot()
		}
		t.Keep(mark, y)
		x = y
	}
	return x
}

// embed is the sum of the embeddings, normalised. As in transformers, the word row of the padding token learns nothing.
func (e *Encoder) embed(t *autograd.Tape, b nn.Batch) *autograd.Var {
	lookup := func(m *nn.Embedding, ids []int32) autograd.Lookup {
		return m.Lookup(e.set, t, t.Ints(ids), func() backend.Sorted { return nn.Sort(ids) })
	}
	words := lookup(e.words, b.IDs)
	words.Sorted = nn.Without(words.Sorted, e.Config.Pad)
	tables := []autograd.Lookup{words, lookup(e.positions, b.Positions())}
	if e.types != nil {
		tables = append(tables, lookup(e.types, make([]int32, b.Tokens()))) // every token is of type 0
	}
	y := e.norm.Forward(e.set, autograd.Embed(t, tables...), nil, t.Drop(0, 0))
	if e.embeddingsThawed() {
		y = autograd.Dropout(y, t.Drop(e.Config.Dropout, site(0, 0)))
	}
	return y
}

// forward is one block: attention and a feed-forward net, each with dropout, residual and norm. Dropout is off in a module
// whose own tensors are all frozen.
func (l *layer) forward(e *Encoder, t *autograd.Tape, b nn.Batch, x *autograd.Var, i int) *autograd.Var {
	c := e.Config
	attn, hidden := 0.0, [2]float64{}
	if l.qkv.Thawed() {
		attn = c.Attention
	}
	if c.form().dropsAttended && (l.out.Thawed() || l.attnNorm.Thawed()) {
		hidden[0] = c.Dropout
	}
	if l.down.Thawed() || l.innerNorm.Thawed() {
		hidden[1] = c.Dropout
	}
	y := autograd.Attention(l.qkv.Forward(e.set, x), b.Offsets, c.Heads, t.Drop(attn, site(1+i, 0)))
	y = l.attnNorm.Forward(e.set, x, l.out.Forward(e.set, y), t.Drop(hidden[0], site(1+i, 1)))
	z := l.down.Forward(e.set, l.up.ForwardGelu(e.set, y))
	return l.innerNorm.Forward(e.set, y, z, t.Drop(hidden[1], site(1+i, 2)))
}

// site numbers the places where dropout happens.
func site(stage, place int) uint32 { return uint32(4*stage + place) }

// HeadSite is the first site that is free for heads.
func (e *Encoder) HeadSite() uint32 { return site(e.Stages(), 0) }
