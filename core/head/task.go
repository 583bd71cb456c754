package head

// Kind says what a task predicts.
type Kind string

// SingleLabel picks one of the task's labels for each sentence.
const SingleLabel Kind = "single-label"

// Task is one thing to learn about a sentence: a name, a kind and its labels.
type Task struct {
	Name   string   `json:"name"`   // [a-z0-9_-]+, not "text"
	Kind   Kind     `json:"kind"`   // SingleLabel
	Labels []string `json:"labels"` // at least two, in the order of the logits
	Weight float64  `json:"weight"` // factor of this task's loss; 0 keeps it out of the training loss
}
