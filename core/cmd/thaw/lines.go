package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

const (
	maxLine  = 1 << 20 // bytes of a line of standard input
	maxLines = 64      // lines of one batch
)

// eachBatch calls do with the lines of r as they are, a batch at a time: what has arrived, at most maxLines, so that a
// person who types gets an answer after each line. Endings are \n or \r\n; bytes are not changed otherwise.
func eachBatch(ctx context.Context, r io.Reader, do func(texts []string) error) error {
	in := &lineReader{r: bufio.NewReaderSize(r, 1<<16)}
	batches, stop := make(chan []string), make(chan struct{})
	defer close(stop)
	// Reading waits for whoever types, and must not keep an interrupted program from ending.
	go func() {
		defer close(batches)
		for in.err == nil {
			if texts := in.batch(); len(texts) > 0 {
				select {
				case batches <- texts:
				case <-stop:
					return
				}
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case texts, more := <-batches:
			if !more {
				if errors.Is(in.err, io.EOF) {
					return nil
				}
				return in.err
			}
			if err := do(texts); err != nil {
				return err
			}
		}
	}
}

// lineReader reads lines of bounded length.
type lineReader struct {
	r    *bufio.Reader
	line int
	err  error // what ended the reading
}

// batch is the lines that are there already, one at least unless the input has ended.
func (l *lineReader) batch() (texts []string) {
	for len(texts) < maxLines && l.err == nil {
		if text, ok := l.next(); ok {
			texts = append(texts, text)
		}
		if l.r.Buffered() == 0 {
			break
		}
	}
	return texts
}

// next is the next line; the last one may lack its ending.
func (l *lineReader) next() (string, bool) {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxLine {
			l.err = fmt.Errorf("standard input, line %d: longer than %d bytes, the most that a text may have", l.line+1, maxLine)
			return "", false
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.err = err
		if err != nil && len(line) == 0 {
			return "", false
		}
		l.line++
		line = bytes.TrimSuffix(line, []byte{'\n'})
		return string(bytes.TrimSuffix(line, []byte{'\r'})), true
	}
}
