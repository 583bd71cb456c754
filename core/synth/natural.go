package synth

import (
	"embed"
	"encoding/json"
	"strings"

	"thaw/core/data"
)

//go:embed natural
var natural embed.FS

// Natural returns sentences written by hand, one by one, and never made from the grammar: the honest test of a model
// that saw synthetic text only. Topic sentences come first, then those with a sentiment; each carries one label.
func Natural() []data.Record {
	var out []data.Record
	for _, name := range []string{"natural/topic.jsonl", "natural/sentiment.jsonl"} {
		text, err := natural.ReadFile(name)
		if err != nil {
			panic("synth: " + err.Error()) // it is embedded: its absence is a fault of the build
		}
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			var r data.Record
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				panic("synth: " + name + ": " + err.Error())
			}
			out = append(out, r)
		}
	}
	return out
}
