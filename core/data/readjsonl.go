package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// readJSONL reads one object a line.
func readJSONL(name string, r *bufio.Reader) ([]Record, error) {
	var records []Record
	for line := 1; ; line++ {
		text, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, readError(name, err)
		}
		if len(bytes.TrimSpace(text)) > 0 {
			record, fault := parseLine(text)
			if fault == nil && len(records) == maxRecords {
				fault = fmt.Errorf("more than %d records; split the file", maxRecords)
			}
			if fault != nil {
				return nil, &LineError{name, line, fault.Error()}
			}
			records = append(records, record)
		}
		if err != nil {
			return records, nil
		}
	}
}

// lineParser walks the object of one line token by token. encoding/json alone would let a repeated field win
// silently, and take "Text" for "text".
type lineParser struct{ dec *json.Decoder }

// parseLine reads one line. The error is the reason alone.
func parseLine(line []byte) (Record, error) {
	if !utf8.Valid(line) {
		return Record{}, errors.New("not UTF-8; save the file as UTF-8")
	}
	if line = bytes.TrimSpace(line); line[0] != '{' {
		return Record{}, errors.New(`expected one object a line, such as {"text": "…", "labels": {"topic": "sports"}}`)
	}
	p := lineParser{json.NewDecoder(bytes.NewReader(line))}
	p.dec.UseNumber()
	record := Record{}
	hasText := false
	err := p.object("the line", func(key string) (err error) {
		switch {
		case key == "text" && !hasText:
			hasText = true
			record.Text, err = p.text("the text")
		case key == "labels" && record.Labels == nil:
			record.Labels, err = p.labels()
		case key == "text" || key == "labels":
			err = fmt.Errorf("the field %q stands twice", key)
		default:
			err = fmt.Errorf("the field %.60q is not known; expected text, and labels with the tasks in it", key)
		}
		return err
	})
	if err != nil {
		return Record{}, err
	}
	if p.dec.InputOffset() < int64(len(line)) {
		return Record{}, errors.New("something follows the object; expected one object a line")
	}
	if !hasText {
		return Record{}, errors.New(`the field "text" is missing`)
	}
	if fault := textFault(record.Text); fault != "" {
		return Record{}, errors.New(fault)
	}
	if halfPair(line, record) {
		return Record{}, errors.New(`an escape such as \ud83d is half of a character; write the character itself or both halves`)
	}
	if record.Labels == nil {
		record.Labels = map[string]string{}
	}
	return record, nil
}

// halfPair says whether an escape of line was half of a surrogate pair: encoding/json puts U+FFFD in its place, which
// would change the text silently.
func halfPair(line []byte, r Record) bool {
	const substitute = "\ufffd"
	if bytes.Contains(line, []byte(substitute)) || bytes.Contains(bytes.ToLower(line), []byte(`\ufffd`)) {
		return false
	}
	for _, label := range r.Labels {
		if strings.Contains(label, substitute) {
			return true
		}
	}
	return strings.Contains(r.Text, substitute)
}

// labels reads the object from tasks to labels. A null is a missing label, as an empty cell is in CSV.
func (p lineParser) labels() (map[string]string, error) {
	labels, seen := map[string]string{}, map[string]bool{}
	err := p.object("labels", func(task string) error {
		if fault := taskFault(task); fault != "" {
			return errors.New(fault)
		}
		if seen[task] {
			return fmt.Errorf("the task %s stands twice", task)
		}
		seen[task] = true
		label, none, err := p.label(task)
		if err != nil || none {
			return err
		}
		if fault := labelFault(task, label); fault != "" {
			return errors.New(fault)
		}
		labels[task] = label
		return nil
	})
	return labels, err
}

// object reads {…} and calls field after each key, to read the value.
func (p lineParser) object(what string, field func(key string) error) error {
	if tok, err := p.token(); err != nil {
		return err
	} else if tok != json.Delim('{') {
		return fmt.Errorf("%s: expected an object, got %.60v", what, worded(tok))
	}
	for p.dec.More() {
		key, err := p.text(what)
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
	_, err := p.token()
	return err
}

func (p lineParser) text(what string) (string, error) {
	tok, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("%s: expected a string, got %.60v", what, worded(tok))
	}
	return s, nil
}

// label reads a label; none says that null stands in its place.
func (p lineParser) label(task string) (label string, none bool, err error) {
	tok, err := p.token()
	if err != nil || tok == nil {
		return "", err == nil, err
	}
	label, ok := tok.(string)
	if !ok {
		err = fmt.Errorf("the label of %s: expected a string or null, got %.60v", task, tok)
	}
	return label, false, err
}

// worded is a token as the file has it, where fmt would write null as <nil>.
func worded(tok json.Token) json.Token {
	if tok == nil {
		return "null"
	}
	return tok
}

func (p lineParser) token() (json.Token, error) {
	tok, err := p.dec.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON (%v); expected one whole object a line", err)
	}
	return tok, nil
}
