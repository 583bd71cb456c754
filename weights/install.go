package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// partSuffix marks a file that is still being written; a random number follows.
const partSuffix = ".part-"

// counter adds up the bytes of a job and reports them.
type counter struct {
	done, total int64
	report      func(done, total int64, file string)
}

// counter starts the count of a job.
func (f Fetcher) counter(files []File) *counter {
	c := &counter{report: f.Progress}
	for _, file := range files {
		c.total += file.Bytes
	}
	return c
}

func (c *counter) add(n int, file string) {
	c.done += int64(n)
	if c.report != nil {
		c.report(c.done, c.total, file)
	}
}

// install writes src to the file in dir, verified: under another name first, then renamed. If anything fails, what was
// there before stays.
func install(dir string, file File, src io.Reader, count *counter) error {
	sum := sha256.New()
	// One byte more than expected is enough to see that a source does not end.
	src = io.TeeReader(io.LimitReader(src, file.Bytes+1), sum)
	return replace(dir, file.Name, src, count, func(path string, n int64) error {
		if n != file.Bytes {
			return fmt.Errorf("%s: expected %d bytes and %s came; the download was cut short or is another file", file.Name, file.Bytes, atMost(n, file.Bytes))
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != file.SHA256 {
			return fmt.Errorf("%s: the sha256 is %s and should be %s; the source holds another file or it was changed on the way", file.Name, got, file.SHA256)
		}
		return nil
	})
}

// atMost words n, the reading of which stopped just above limit.
func atMost(n, limit int64) string {
	if n > limit {
		return "more"
	}
	return fmt.Sprint(n)
}

// replace writes src to a part file in dir, lets check judge it by path and length, and gives it its name.
func replace(dir, name string, src io.Reader, count *counter, check func(path string, n int64) error) (err error) {
	part, err := os.CreateTemp(dir, name+partSuffix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(part.Name())))
		}
	}()
	n, err := copyCounted(part, src, name, count)
	// CreateTemp makes files for one user only; weights are nothing secret.
	err = errors.Join(err, part.Chmod(0o644), part.Close())
	if err != nil {
		return fmt.Errorf("%s: failed after %d bytes: %w", name, n, err)
	}
	if err := check(part.Name(), n); err != nil {
		return err
	}
	return os.Rename(part.Name(), filepath.Join(dir, name))
}

func copyCounted(dst io.Writer, src io.Reader, name string, count *counter) (n int64, err error) {
	for buf := make([]byte, 1<<18); ; {
		k, readErr := src.Read(buf)
		if _, err := dst.Write(buf[:k]); err != nil {
			return n, err
		}
		n += int64(k)
		count.add(k, name)
		if errors.Is(readErr, io.EOF) {
			return n, nil
		}
		if readErr != nil {
			return n, readErr
		}
	}
}

// damaged returns those of files that are absent from dir or differ from what is expected.
func damaged(dir string, files []File) ([]File, error) {
	var bad []File
	for _, f := range files {
		ok, err := intact(filepath.Join(dir, f.Name), f)
		if err != nil {
			return nil, fmt.Errorf("weights: verifying %s: %w", f.Name, err)
		}
		if !ok {
			bad = append(bad, f)
		}
	}
	return bad, nil
}

// intact says whether the file at path has the length and the sha256 of f.
func intact(path string, f File) (bool, error) {
	r, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil || info.Size() != f.Bytes {
		return false, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == f.SHA256, nil
}

// removeStale clears part files that a killed process left an hour ago or longer. A younger one may belong to a
// process that is at work, and one that cannot be removed does no harm.
func removeStale(dir string) {
	parts, _ := filepath.Glob(filepath.Join(dir, "*"+partSuffix+"*"))
	for _, p := range parts {
		if info, err := os.Stat(p); err == nil && time.Since(info.ModTime()) > time.Hour {
			os.Remove(p)
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
