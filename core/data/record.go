package data

// Record is one labelled text as it stands in a data file. Labels maps the name of a task to a label of it; a task
// that is absent has no label for this text, and the text takes no part in that task's loss.
type Record struct {
	Text   string            `json:"text"`
	Labels map[string]string `json:"labels"`
}
