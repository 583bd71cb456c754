package bridge

import (
	"bytes"
	"io/fs"
	"path"
)

// folder is files in memory.
type folder map[string][]byte

// Open opens a file.
func (f folder) Open(name string) (fs.File, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{bytes.NewReader(text), about{path.Base(name), int64(len(text))}}, nil
}

// ReadFile returns a file's bytes.
func (f folder) ReadFile(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

// file is an open file of a folder, and what is known of it.
type file struct {
	*bytes.Reader
	about about
}

func (f *file) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *file) Close() error               { return nil }
