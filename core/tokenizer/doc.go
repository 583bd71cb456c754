// Package tokenizer turns text into the ids of a BERT-family encoder, exactly as Hugging Face tokenizers 0.23 does:
// the same ids, tokens and offsets on any text.
//
// The way of a text:
//
//	text ─ repair ─▶ valid UTF-8 ─ added tokens ([MASK], [SEP], …) cut out ─▶ pieces
//	piece ─ normalise (clean, set Chinese apart, strip accents, lower-case) ─ split at spaces and punctuation ─▶ words
//	word ─ WordPiece of sugarme/tokenizer ─▶ pieces of words ─ cut to the length ─ template ([CLS] … [SEP]) ─▶ Encoding
//
// The normaliser and the splitter are our own, because those of sugarme/tokenizer differ from Hugging Face's. They
// exist twice: normalize.go follows Hugging Face stage by stage and is the reference; steps.go looks each code point
// up in a table made from it, and leaves the few texts in which code points depend on each other to the reference.
// What the code points are is recorded from Hugging Face tokenizers itself (tables_gen.go), for its Unicode tables
// are of several ages and none of them is Go's.
package tokenizer
