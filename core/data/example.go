package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

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

// Digest is the SHA-256 of the examples in their order, ids and labels: equal data has equal digests, whatever file it came
// from.
func Digest(ex []Example) string {
	h := sha256.New()
	var row []byte
	for _, e := range ex {
		row = row[:0]
		for _, list := range [][]int32{e.IDs, e.Labels} {
			row = binary.LittleEndian.AppendUint32(row, uint32(len(list)))
			for _, v := range list {
				row = binary.LittleEndian.AppendUint32(row, uint32(v))
			}
		}
		h.Write(row)
	}
	return hex.EncodeToString(h.Sum(nil))
}
