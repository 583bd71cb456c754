package data

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readCSV reads a header row and a record a row, cells separated by comma.
func readCSV(name string, r *bufio.Reader, comma rune) ([]Record, error) {
	rows := csv.NewReader(r)
	rows.Comma, rows.ReuseRecord = comma, true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("data: %s: the file is empty; expected a header row with the column text", name)
	}
	if err != nil {
		return nil, csvError(name, err)
	}
	columns := append([]string(nil), header...)
	if fault := headerFault(columns, comma); fault != "" {
		line, _ := rows.FieldPos(0)
		return nil, &LineError{name, line, fault}
	}
	var records []Record
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		record, column, fault := parseRow(columns, row)
		if fault == "" && len(records) == maxRecords {
			fault = fmt.Sprintf("more than %d records; split the file", maxRecords)
		}
		if fault != "" {
			line, _ := rows.FieldPos(column)
			return nil, &LineError{name, line, fault}
		}
		records = append(records, record)
	}
}

// headerFault says what is wrong with a header row, or "".
func headerFault(columns []string, comma rune) string {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c] {
			return fmt.Sprintf("the column %.60q stands twice", c)
		}
		seen[c] = true
	}
	if !seen[textColumn] {
		hint := ""
		if len(columns) == 1 && strings.ContainsAny(columns[0], ",;\t") {
			hint = fmt.Sprintf("; cells of this file are separated by %q", comma)
		}
		return fmt.Sprintf("the header row has no column text, but %.200s%s", fmt.Sprintf("%q", columns), hint)
	}
	for _, c := range columns {
		if fault := taskFault(c); c != textColumn && fault != "" {
			return fault
		}
	}
	return ""
}

// parseRow makes a record of a row. A fault comes with the column it is in.
func parseRow(columns, row []string) (record Record, column int, fault string) {
	record.Labels = map[string]string{}
	for i, cell := range row {
		if columns[i] == textColumn {
			record.Text, fault = strings.Clone(cell), textFault(cell)
		} else if cell != "" {
			record.Labels[columns[i]], fault = strings.Clone(cell), labelFault(columns[i], cell)
		}
		if fault != "" {
			return Record{}, i, fault
		}
	}
	return record, 0, ""
}

// csvError words an error of the CSV reader.
func csvError(name string, err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return readError(name, err)
	}
	reason := parse.Err.Error()
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		reason = "the row has more or fewer cells than the header; a text with a separator in it stands in quotes"
	case errors.Is(err, csv.ErrBareQuote):
		reason = `a quote inside a cell without quotes; put the cell in quotes and write "" for each quote in it`
	case errors.Is(err, csv.ErrQuote):
		reason = `a quoted cell does not end where it should; write "" for each quote in it`
	default:
		return readError(name, parse.Err)
	}
	return &LineError{name, parse.StartLine, reason}
}
