package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"thaw/core/backend"
	"thaw/core/model"
	"thaw/weights"
)

// cacheFolder is where fetch puts models, from the working folder on.
var cacheFolder = filepath.Join("weights", "cache")

// encoderFolder is the folder that --encoder means: a folder, or a name of the manifest that has been fetched.
func encoderFolder(name string) (string, error) {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return name, nil
	}
	if err == nil {
		return "", fmt.Errorf("%s is a file; expected a folder with config.json, a tokenizer and model.safetensors", name)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if _, unknown := weights.Default().Lookup(name); unknown != nil {
		return "", fmt.Errorf("there is no folder %s, nor is it a name that thaw knows; the names are %s", name, knownModels())
	}
	dir := filepath.Join(cacheFolder, name)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not in %s yet; run `thaw fetch %s` first", name, cacheFolder, name)
	}
	return dir, nil
}

// knownModels lists the names of the manifest.
func knownModels() (list string) {
	for i, m := range weights.Default().Models {
		if i > 0 {
			list += ", "
		}
		list += m.Name
	}
	return list
}

// openModel opens the folder of an encoder or a trained model.
func openModel(ops backend.Backend, dir string) (*model.Model, error) {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s; expected a model folder, which `thaw train` writes", dir)
	} else if err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; expected a model folder", dir)
	}
	m, err := model.Open(ops, os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return m, nil
}

// openTrained opens a folder that training has written.
func openTrained(ops backend.Backend, dir string) (*model.Model, error) {
	m, err := openModel(ops, dir)
	if err == nil && m.Heads == nil {
		err = fmt.Errorf("%s has no task heads (no thaw.json); make a model with `thaw train --encoder %s --data FILE --out DIR`", dir, dir)
	}
	return m, err
}
