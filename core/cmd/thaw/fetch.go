package main

import (
	"context"
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"thaw/core/encoder"
	"thaw/weights"
)

func fetchCommand() command {
	return command{
		name: "fetch",
		args: "[NAME]",
		purpose: "Brings a pretrained encoder onto this machine, sha256-checked. NAME is one that thaw knows (" + knownModels() +
			"; the first if none is given) or a repository of the Hugging Face hub, owner/name. What is there and whole is not fetched again.",
		example: "thaw fetch minilm",
		setup: func(fs *flag.FlagSet) action {
			out := fs.String("out", "", "write into the folder `DIR` (default "+filepath.Join(cacheFolder, "NAME")+")")
			asJSON := fs.Bool("json", false, "print {name, folder} when done")
			return func(ctx context.Context, s streams, args []string) error {
				if len(args) > 1 {
					return usagef("%q is not expected here; one model at a time", args[1])
				}
				name := weights.Default().Models[0].Name
				if len(args) == 1 {
					name = args[0]
				}
				return fetch(ctx, s, name, *out, *asJSON)
			}
		},
	}
}

// fetch fills the folder of a model and prints where it is.
func fetch(ctx context.Context, s streams, name, dir string, asJSON bool) error {
	if strings.HasPrefix(name, "roberta") {
		return usagef("%s is not supported by this version, which reads bert and distilbert encoders; it knows %s", name, knownModels())
	}
	manifest, isRepo := weights.Default(), strings.Contains(name, "/")
	if _, err := manifest.Lookup(name); err != nil && !isRepo {
		return usageError(err.Error())
	}
	if dir == "" {
		dir = filepath.Join(cacheFolder, path.Base(name))
	}
	live := newLiveLine(s.err)
	f := weights.Fetcher{Progress: fetchProgress(s, live), Notes: s.err, Config: readable}
	var err error
	if isRepo {
		err = f.FetchHub(ctx, name, dir)
	} else {
		err = f.Fetch(ctx, manifest, name, dir)
	}
	live.clear()
	if err != nil {
		return err
	}
	if asJSON {
		return jsonLines(s.out).Encode(struct {
			Name   string `json:"name"`
			Folder string `json:"folder"`
		}{name, dir})
	}
	s.note("%s is whole and verified", name)
	_, err = fmt.Fprintln(s.out, dir)
	return err
}

// fetchProgress shows the bytes so far: on a terminal as they come, elsewhere each tenth of the job.
func fetchProgress(s streams, live *liveLine) func(done, total int64, file string) {
	tenth := int64(0)
	return func(done, total int64, file string) {
		if live.w != nil {
			live.show(fmt.Sprintf("%s: %.1f of %.1f MB", file, float64(done)/1e6, float64(total)/1e6))
			return
		}
		if total <= 0 {
			return
		}
		// Small jobs need no progress; a whole one is announced at its end.
		if now := done * 10 / total; now > tenth && total > 1<<20 {
			tenth = now
			s.note("%.1f of %.1f MB", float64(done)/1e6, float64(total)/1e6)
		}
	}
}

// readable refuses the config.json of an encoder that thaw could not open.
func readable(config []byte) error {
	_, err := encoder.LoadConfig(config)
	return err
}
