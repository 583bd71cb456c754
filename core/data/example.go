package data

import (
	"thaw/core/head"
	"thaw/core/tokenizer"
)

// Example is a record as the network sees it.
type Example struct {
	IDs    []int32 // special tokens included
	Labels []int32 // one a task, in the order of the tasks; -1 for none
}

// Examples tokenizes records, each cut to maxLength tokens as Hugging Face does; cut is the number of texts that were. The
// records have passed Check, so every label is known.
func Examples(tok *tokenizer.Tokenizer, tasks []head.Task, records []Record, maxLength int) (ex []Example, cut int) {
	ex = make([]Example, len(records))
	for i, r := range records {
		e := tok.Encode(r.Text, maxLength)
		if e.Cut > 0 {
			cut++
		}
		ex[i] = Example{IDs: e.IDs, Labels: make([]int32, len(tasks))}
		for j, t := range tasks {
			ex[i].Labels[j] = -1
			if l, ok := r.Labels[t.Name]; ok {
				ex[i].Labels[j] = int32(t.Index(l))
			}
		}
	}
	return ex, cut
}

// Tokens is the number of tokens of all examples.
func Tokens(ex []Example) (n int) {
	for _, e := range ex {
		n += len(e.IDs)
	}
	return n
}
