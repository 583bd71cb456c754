// Package grammar carries the words of package synth inside a program: lexicons and templates, and sentences written by hand.
// The page's program is linked without it and fetches them when synthetic text is asked for, so that a site with data of its
// own downloads none.
package grammar

import (
	"embed"
	"io/fs"
)

//go:embed lexicon natural
var files embed.FS

// Files returns all files by their paths, as synth.Open takes them.
func Files() map[string]string {
	all := map[string]string{}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		panic("grammar: " + err.Error()) // they are embedded: their absence is a fault of the build
	}
	return all
}
