package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// errReaderGone says that whoever read standard output has seen enough.
var errReaderGone = errors.New("nobody reads standard output")

// dataWriter is standard output. It tells a reader that has gone away from other faults, those of the network among them.
type dataWriter struct{ w io.Writer }

func (d dataWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return n, errReaderGone
	}
	if err != nil {
		return n, fmt.Errorf("standard output: %w", err)
	}
	return n, nil
}

// jsonLines writes one JSON object a line. Text stays as it is: < and & are not escaped, for a line is not HTML.
func jsonLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// isTerminal says whether w is a terminal, where a line can be written over.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// liveLine is one line of progress that is written over, on a terminal alone.
type liveLine struct {
	w    io.Writer // nil where there is no terminal
	open bool      // something stands on the line
}

func newLiveLine(w io.Writer) *liveLine {
	if !isTerminal(w) {
		return &liveLine{}
	}
	return &liveLine{w: w}
}

// The control sequence that clears from the cursor to the end of the line (ECMA-48, EL).
const clearLine = "\r\x1b[K"

// show replaces the line.
func (l *liveLine) show(text string) {
	if l.w != nil {
		io.WriteString(l.w, clearLine+text)
		l.open = true
	}
}

// clear takes the line away, so that a whole line can be written.
func (l *liveLine) clear() {
	if l.open {
		io.WriteString(l.w, clearLine)
		l.open = false
	}
}
