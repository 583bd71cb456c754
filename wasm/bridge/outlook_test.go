package bridge

import (
	"bytes"
	"encoding/json"
	"maps"
	"testing"

	"thaw/core/safetensors"
)

// TestOutlook says of the small model before it is loaded what a plan says afterwards, and gives a policy that does not fit its default.
func TestOutlook(t *testing.T) {
	p := newPage(t)
	args, _ := tiny(t)
	ask := map[string]any{"config": json.RawMessage(tinyFiles(t)["config.json"]), "tasks": args["tasks"], "data": args["data"], "settings": args["settings"]}
	var before, after Outlooked
	p.must("outlook", ask, nil, &before)
	l := p.loadTiny()
	var planned Planned
	p.must("plan", argsWithSettings(args), nil, &planned)
	p.must("outlook", ask, nil, &after)
	if before.Trainable != planned.Trainable || before.Parameters != planned.Trainable+planned.Frozen || before.Layers != l.Layers || before.Hidden != l.Hidden || before.Steps != planned.Steps {
		t.Errorf("foreseen %+v, planned %+v", before, planned)
	}
	if before.StepMS != nil || after.StepMS == nil || after.MemoryBytes != planned.MemoryBytes {
		t.Errorf("once a model has been timed: %+v, planned %+v", after, planned)
	}
	ask["settings"] = map[string]any{"freeze": "layers:7"}
	p.must("outlook", ask, nil, &after)
	if after.Freeze != "layers:1" {
		t.Errorf("a policy that does not fit became %q", after.Freeze)
	}
	ask["config"] = map[string]any{"model_type": "roberta"}
	p.refused("config", "outlook", ask, nil)
}

// TestShards loads the weights in two files with an index: the same answers as from one. A shard that is missing is named.
func TestShards(t *testing.T) {
	p := newPage(t)
	files := tinyFiles(t)
	args, message := offer(files, nil)
	p.must("load", args, message, nil)
	want := p.call("encode", Encode{Texts: []string{"the team won"}}, nil).Binary[0]

	sharded := maps.Clone(files)
	delete(sharded, weightsFile)
	all, _, err := safetensors.Load(bytes.NewReader(files[weightsFile]))
	if err != nil {
		t.Fatal(err)
	}
	parts, weightMap := make([][]safetensors.Tensor, 2), map[string]string{}
	names := []string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
	for name, tensor := range all {
		if tensor.F32 == nil {
			continue
		}
		k := len(weightMap) % 2
		parts[k] = append(parts[k], tensor)
		weightMap[name] = names[k]
	}
	for k, name := range names {
		var file bytes.Buffer
		if err := safetensors.Encode(&file, parts[k], nil); err != nil {
			t.Fatal(err)
		}
		sharded[name] = file.Bytes()
	}
	sharded[indexFile], _ = json.Marshal(map[string]any{"weight_map": weightMap})
	heard := map[string]*bool{names[0]: new(bool), names[1]: new(bool)}
	args, message = offer(sharded, heard)
	var l Loaded
	p.must("load", args, message, &l)
	got := p.call("encode", Encode{Texts: []string{"the team won"}}, nil).Binary[0]
	if !bytes.Equal(got, want) || l.Bytes != int64(len(sharded[names[0]])+len(sharded[names[1]])) || !*heard[names[0]] || !*heard[names[1]] {
		t.Errorf("loaded %d bytes from shards, heard %v %v, equal %v", l.Bytes, *heard[names[0]], *heard[names[1]], bytes.Equal(got, want))
	}
	job, _ := tiny(t)
	p.run(with(job, "steps", 1))
	again := map[string]any{"files": args.Files, "policies": []string{"all"}}
	for k, v := range with(job, "steps", 1) {
		again[k] = v
	}
	if rows := p.compare(again, message, nil).of("row"); len(rows) != 1 {
		t.Errorf("comparing after a run from shards gave %v", rows)
	}
	delete(sharded, names[1])
	args, message = offer(sharded, heard)
	p.refused("files", "load", args, message)
	if *heard[names[1]] = false; p.call("encode", Encode{Texts: []string{"the team won"}}, nil).Error != nil {
		t.Error("the model that was loaded before is gone")
	}
}
