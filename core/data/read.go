package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits on data files, checked before more is read.
const (
	maxLine    = 1 << 20   // bytes of a line, and of one text
	maxLabel   = 256       // bytes of a label
	maxName    = 64        // bytes of the name of a task
	maxRecords = 5_000_000 // records of a file
)

// LineError is a fault of one line of a data file.
type LineError struct {
	File   string // as it was given to Read
	Line   int    // counted from 1; of the cell at fault where a row takes several lines
	Reason string // what is wrong and what is expected
}

func (e *LineError) Error() string {
	return fmt.Sprintf("data: %s, line %d: %s", e.File, e.Line, e.Reason)
}

// ReadFile reads the data file at path; see [Read].
func ReadFile(path string) ([]Record, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	defer r.Close()
	return Read(path, r)
}

// Read reads labelled texts. The ending of name says how they are written:
//
//	.jsonl .json   one object a line: {"text": "…", "labels": {"topic": "sports", "sentiment": "positive"}}; null is a missing label
//	.csv .tsv      a header row with the column text and one column a task; an empty cell is a missing label
//
// The text is UTF-8, with or without a byte order mark, and lines without anything on them do not count. Everything
// else that is not as described is an error, a *LineError where a line is at fault: nothing is dropped, and neither
// texts nor labels are changed. A file without a record is an error too.
func Read(name string, r io.Reader) ([]Record, error) {
	var read func(string, *bufio.Reader) ([]Record, error)
	switch strings.ToLower(path.Ext(name)) {
	case ".jsonl", ".json":
		read = readJSONL
	case ".csv":
		read = func(name string, r *bufio.Reader) ([]Record, error) { return readCSV(name, r, ',') }
	case ".tsv":
		read = func(name string, r *bufio.Reader) ([]Record, error) { return readCSV(name, r, '\t') }
	default:
		return nil, fmt.Errorf("data: %s: the ending says no format; expected .jsonl, .json, .csv or .tsv", name)
	}
	buffered := bufio.NewReader(&lineLimiter{r: r, file: name, line: 1})
	if err := skipMark(name, buffered); err != nil {
		return nil, err
	}
	records, err := read(name, buffered)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("data: %s: there is no record in it", name)
	}
	return records, nil
}

// skipMark passes over the byte order mark that some programs put before UTF-8.
func skipMark(name string, r *bufio.Reader) error {
	start, _ := r.Peek(3) // an error comes again with the first read
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, err := r.Discard(3)
		return err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return fmt.Errorf("data: %s: the file is UTF-16; save it as UTF-8", name)
	}
	return nil
}

// lineLimiter passes a file on and fails at a line longer than maxLine, so that no reader above it has to hold one.
type lineLimiter struct {
	r    io.Reader
	file string
	line int // number of the current line
	run  int // its bytes so far
}

func (l *lineLimiter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		if l.run+end > maxLine {
			return n - len(rest), &LineError{l.file, l.line, fmt.Sprintf("longer than %d bytes, the most that a line may have", maxLine)}
		}
		if end == len(rest) {
			l.run += end
			break
		}
		l.line, l.run, rest = l.line+1, 0, rest[end+1:]
	}
	return n, err
}

// readError words an error from below a parser: a LineError as it is, anything else as a failed read.
func readError(name string, err error) error {
	var line *LineError
	if errors.As(err, &line) {
		return line
	}
	return fmt.Errorf("data: %s: reading failed: %w", name, err)
}

// taskForm is what a task may be called. Names become parts of parameter names and of policies.
var taskForm = regexp.MustCompile(`^[a-z0-9_-]+$`)

// textColumn is the one column that is not a task.
const textColumn = "text"

// taskFault says why name cannot be a task, or "".
func taskFault(name string) string {
	if name == textColumn {
		return "a task cannot be called text"
	}
	if !taskForm.MatchString(name) || len(name) > maxName {
		return fmt.Sprintf("%.60q cannot be the name of a task; use at most %d small letters a to z, digits, _ and -", name, maxName)
	}
	return ""
}

// textFault says why text cannot be learnt from, or "".
func textFault(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "the text is not UTF-8; save the file as UTF-8"
	case strings.TrimSpace(text) == "":
		return "the text is empty; write one or leave it out"
	case len(text) > maxLine:
		return fmt.Sprintf("the text is longer than %d bytes; a quote may be missing at its end", maxLine)
	}
	return ""
}

// labelFault says why a label of task cannot be one, or "". Spaces around it would make another label that looks the
// same, and are not removed silently.
func labelFault(task, label string) string {
	switch {
	case !utf8.ValidString(label):
		return fmt.Sprintf("the label of %s is not UTF-8; save the file as UTF-8", task)
	case label == "":
		return fmt.Sprintf("the label of %s is empty; leave the task out where a text has no label of it", task)
	case strings.TrimSpace(label) != label:
		return fmt.Sprintf("the label %.60q of %s has spaces around it; remove them", label, task)
	case len(label) > maxLabel:
		return fmt.Sprintf("the label %.60q of %s is longer than %d bytes", label, task, maxLabel)
	}
	return ""
}
