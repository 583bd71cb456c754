package bridge

import (
	"io/fs"
	"slices"
	"time"
)

// shards is a model folder whose weights lie in several files, each of them a stream that is opened when it is read.
type shards struct {
	folder
	files   []File
	open    func(string) (Stream, error)
	session *session
	opened  []*verifier
}

// Open opens a shard, or a small file.
func (s *shards) Open(name string) (fs.File, error) {
	at := s.find(name)
	if at < 0 {
		return s.folder.Open(name)
	}
	in, err := s.open(name)
	if err != nil {
		return nil, err
	}
	v := s.session.verifier(s.files[at], in)
	s.opened = append(s.opened, v)
	return &shard{v, about{name, s.files[at].Bytes}}, nil
}

// Stat says whether a file is there without opening its stream.
func (s *shards) Stat(name string) (fs.FileInfo, error) {
	if at := s.find(name); at >= 0 {
		return about{name, s.files[at].Bytes}, nil
	}
	f, err := s.folder.Open(name)
	if err != nil {
		return nil, err
	}
	return f.Stat()
}

func (s *shards) find(name string) int {
	return slices.IndexFunc(s.files, func(f File) bool { return f.Name == name })
}

// finish tells every stream how it went; err is what the reader made of them.
func (s *shards) finish(err error) error {
	for _, v := range s.opened {
		err = v.finish(err)
	}
	return err
}

// shard is an open shard.
type shard struct {
	*verifier
	about
}

func (s *shard) Stat() (fs.FileInfo, error) { return s.about, nil }
func (s *shard) Close() error               { return nil }

// about is what is known of a file without reading it.
type about struct {
	name string
	size int64
}

func (a about) Name() string       { return a.name }
func (a about) Size() int64        { return a.size }
func (a about) Mode() fs.FileMode  { return 0o444 }
func (a about) ModTime() time.Time { return time.Time{} }
func (a about) IsDir() bool        { return false }
func (a about) Sys() any           { return nil }
