// Package head has the tasks that are learned on one encoder: pooling, classifiers and their losses.
package head

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"thaw/core/autograd"
	"thaw/core/backend"
	"thaw/core/nn"
)

// Style is how a head is built on hidden states.
type Style string

const (
	// Mean pools the mean of a sentence's hidden states, special tokens included, and puts one linear layer on it.
	Mean Style = "mean"
	// HF is the family's own head in Hugging Face's AutoModelForSequenceClassification. BERT's is its pooler (a dense layer
	// and tanh on the first token, shared by all tasks), dropout and a classifier. DistilBERT's has all of it for each task:
	// a dense layer on the first token, ReLU, dropout and a classifier.
	HF Style = "hf"
)

// Check says whether s is a style that this version builds.
func (s Style) Check() error {
	if s != Mean && s != HF {
		return fmt.Errorf("head %.40q is unknown, want %q or %q", string(s), Mean, HF)
	}
	return nil
}

// ErrTask is the root of every fault of a task's description.
var ErrTask = errors.New("task")

var taskName = regexp.MustCompile(`^[a-z0-9_-]+$`)

// Check says what is wrong with a list of tasks, if anything is.
func Check(tasks []Task) error {
	if len(tasks) == 0 {
		return fmt.Errorf("%w: there is none; give at least one task with two labels", ErrTask)
	}
	seen := map[string]bool{}
	for _, t := range tasks {
		if err := t.check(); err != nil {
			return err
		}
		if seen[t.Name] {
			return fmt.Errorf("%w %s: named twice", ErrTask, t.Name)
		}
		seen[t.Name] = true
	}
	return nil
}

func (t Task) check() error {
	switch {
	case !taskName.MatchString(t.Name) || t.Name == "text":
		return fmt.Errorf("%w %q: a name is made of a-z, 0-9, _ and -, and is not \"text\"", ErrTask, t.Name)
	case t.Kind != SingleLabel:
		return fmt.Errorf("%w %s: kind %q is unknown, want %q", ErrTask, t.Name, t.Kind, SingleLabel)
	case len(t.Labels) < 2:
		return fmt.Errorf("%w %s: it has %d labels, want two or more", ErrTask, t.Name, len(t.Labels))
	case !(t.Weight >= 0) || math.IsInf(t.Weight, 1):
		return fmt.Errorf("%w %s: weight is %v, want 0 or more", ErrTask, t.Name, t.Weight)
	}
	for i, l := range t.Labels {
		if l == "" || slices.Contains(t.Labels[:i], l) {
			return fmt.Errorf("%w %s: label %q is empty or stands twice", ErrTask, t.Name, l)
		}
	}
	return nil
}

// Index is the place of a label among the task's labels, -1 if it has none of that name.
func (t Task) Index(label string) int { return slices.Index(t.Labels, label) }

// Heads are the classifiers of all tasks.
type Heads struct {
	Style Style
	Tasks []Task
	// Dropout is that of the family's own head, in front of the classifier; the mean-pooled head has none.
	Dropout float64

	pooler      *nn.Linear   // shared by the tasks, or nil
	dense       []*nn.Linear // in front of each task's classifier, or nil
	classifiers []*nn.Linear
	set         *nn.Set
	site        uint32
}

// Frame is what heads need to know of their encoder.
type Frame struct {
	Hidden  int
	Pooler  *nn.Linear // nil if the family has none
	Dense   string     // name of the dense layer in front of each classifier of the family's own head, "" for none
	Dropout float64    // of the family's own head
	Site    uint32     // first dropout site that is free
}

// New declares the heads' parameters in a set: heads.NAME.weight and .bias for the mean-pooled head, heads.NAME.classifier.…
// for the family's own, behind heads.NAME.pre_classifier.… where the frame names one.
func New(style Style, tasks []Task, f Frame, s *nn.Set) (*Heads, error) {
	if err := cmp.Or(style.Check(), Check(tasks)); err != nil {
		return nil, err
	}
	h := &Heads{Style: style, Tasks: tasks, set: s, site: f.Site}
	if style == HF {
		h.pooler, h.Dropout = f.Pooler, f.Dropout
	}
	for _, t := range tasks {
		if style == HF && f.Dense != "" {
			h.dense = append(h.dense, nn.NewLinear(s, Group(t.Name), f.Hidden, f.Hidden, Group(t.Name)+"."+f.Dense))
		}
		h.classifiers = append(h.classifiers, nn.NewLinear(s, Group(t.Name), f.Hidden, len(t.Labels), h.prefix(t.Name)))
	}
	return h, nil
}

// Group is the group of a task's parameters.
func Group(task string) string { return "heads." + task }

func (h *Heads) prefix(task string) string {
	if h.Style == HF {
		return Group(task) + ".classifier"
	}
	return Group(task)
}

// Init fills the heads' weights with N(0, std²), as transformers does for a new head; biases are 0.
func (h *Heads) Init(std float64, seed uint64) {
	for _, l := range slices.Concat(h.dense, h.classifiers) {
		h.set.InitNormal(l.Weight[0], std, seed)
	}
}

// PoolsMean says whether Pool takes the mean of the rows.
func (h *Heads) PoolsMean() bool { return h.Style == Mean }

// Uses says whether the loss reaches a parameter of the encoder's pooler.
func (h *Heads) Uses(p *nn.Param) bool { return p.Group != "pooler" || h.Style == HF }

// Pool is one row a sentence, [B, H], of hidden states [T, H].
func (h *Heads) Pool(x *autograd.Var, offsets backend.Buffer) *autograd.Var {
	return autograd.Pool(x, offsets, h.PoolsMean())
}

// Logits are [B, C] for each task, from pooled rows [B, H].
func (h *Heads) Logits(pooled *autograd.Var) []*autograd.Var {
	t := pooled.Tape()
	if h.pooler != nil {
		pooled = autograd.Tanh(h.pooler.Forward(h.set, pooled))
	}
	out := make([]*autograd.Var, len(h.Tasks))
	for i, c := range h.classifiers {
		x, thawed := pooled, c.Thawed()
		if h.dense != nil {
			x, thawed = autograd.Relu(h.dense[i].Forward(h.set, x)), thawed || h.dense[i].Thawed()
		}
		if thawed {
			x = autograd.Dropout(x, t.Drop(h.Dropout, h.site+uint32(i)))
		}
		out[i] = c.Forward(h.set, x)
	}
	return out
}

// Loss adds the summed cross-entropy of each task to its element of sums [tasks] and begins the way back. Labels are [B] a
// task, -1 for none; scale is the task's weight over the number of labels of the whole step, 0 for a task that does not count.
func (h *Heads) Loss(sums []backend.Buffer, logits []*autograd.Var, labels [][]int32, scale []float64) {
	for i, l := range logits {
		autograd.CrossEntropy(sums[i], l, l.Tape().Ints(labels[i]), scale[i])
	}
}
