package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// metadataKey is the one key of a header that is not a tensor.
const metadataKey = "__metadata__"

// scanner walks the JSON of a header token by token. encoding/json alone would let a repeated key win silently, and
// with it a second tensor of the same name.
type scanner struct{ dec *json.Decoder }

// parseHeader reads the JSON of a header, spaces at its end included.
func parseHeader(text []byte) (*Header, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("safetensors: header: not UTF-8; %w", ErrHeader)
	}
	if len(text) == 0 || text[0] != '{' {
		return nil, fmt.Errorf("safetensors: header: does not begin with an opening brace; %w", ErrHeader)
	}
	s := scanner{json.NewDecoder(bytes.NewReader(text))}
	s.dec.UseNumber()
	h := &Header{}
	seen := map[string]bool{}
	err := s.object("header", func(key string) error {
		if key == metadataKey {
			if h.Metadata != nil {
				return fmt.Errorf("safetensors: header: %s stands twice; %w", metadataKey, ErrHeader)
			}
			var err error
			h.Metadata, err = s.metadata()
			return err
		}
		if seen[key] {
			return tensorError(key, "stands twice in the header")
		}
		seen[key] = true
		t, err := s.tensor(key)
		h.Tensors = append(h.Tensors, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("safetensors: header: something follows the JSON object; %w", ErrHeader)
	}
	return h, h.arrange()
}

// tensor reads the object of one tensor and checks it by itself.
func (s scanner) tensor(name string) (Info, error) {
	what := fmt.Sprintf("tensor %.200q", name)
	var dtype *string
	var shape, offsets []int64
	err := s.object(what, func(key string) (err error) {
		switch {
		case key == "dtype" && dtype == nil:
			var d string
			d, err = s.text(what + ": dtype")
			dtype = &d
		case key == "shape" && shape == nil:
			shape, err = s.numbers(what + ": shape")
		case key == "data_offsets" && offsets == nil:
			offsets, err = s.numbers(what + ": data_offsets")
		case key == "dtype" || key == "shape" || key == "data_offsets":
			err = tensorError(name, "%s stands twice", key)
		default:
			err = tensorError(name, "has the field %.100q; expected dtype, shape and data_offsets", key)
		}
		return err
	})
	if err != nil {
		return Info{}, err
	}
	if dtype == nil || shape == nil || len(offsets) != 2 {
		return Info{}, tensorError(name, "expected dtype, shape and two data_offsets")
	}
	t := Info{Name: name, DType: DType(*dtype), Shape: make([]int, len(shape)), Offset: offsets[0], Size: offsets[1] - offsets[0]}
	for i, n := range shape {
		t.Shape[i] = int(n)
	}
	return t, checkSize(name, t.DType, t.Shape, offsets[0], offsets[1])
}

// metadata reads an object of strings.
func (s scanner) metadata() (map[string]string, error) {
	m := map[string]string{}
	err := s.object(metadataKey, func(key string) error {
		if _, twice := m[key]; twice {
			return fmt.Errorf("safetensors: %s: %.200q stands twice; %w", metadataKey, key, ErrHeader)
		}
		v, err := s.text(fmt.Sprintf("%s: %.200q", metadataKey, key))
		m[key] = v
		return err
	})
	return m, err
}

// object reads {…} and calls field after each key, to read the value.
func (s scanner) object(what string, field func(key string) error) error {
	if err := s.delim(what, '{'); err != nil {
		return err
	}
	for s.dec.More() {
		key, err := s.text(what)
		if err != nil {
			return err
		}
		if err := field(key); err != nil {
			return err
		}
	}
	return s.delim(what, '}')
}

// numbers reads an array of whole numbers that are not negative, at most maxRank of them. It is never nil.
func (s scanner) numbers(what string) ([]int64, error) {
	if err := s.delim(what, '['); err != nil {
		return nil, err
	}
	ns := []int64{}
	for s.dec.More() {
		tok, err := s.token(what)
		if err != nil {
			return nil, err
		}
		number, _ := tok.(json.Number)
		n, err := strconv.ParseInt(number.String(), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt {
			return nil, fmt.Errorf("safetensors: %s: %.100v is not a whole number from 0 on; %w", what, tok, ErrHeader)
		}
		if len(ns) == maxRank {
			return nil, fmt.Errorf("safetensors: %s: more than %d numbers; %w", what, maxRank, ErrHeader)
		}
		ns = append(ns, n)
	}
	return ns, s.delim(what, ']')
}

func (s scanner) text(what string) (string, error) {
	tok, err := s.token(what)
	if err != nil {
		return "", err
	}
	v, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("safetensors: %s: expected a string, got %.100v; %w", what, tok, ErrHeader)
	}
	return v, nil
}

func (s scanner) delim(what string, want json.Delim) error {
	tok, err := s.token(what)
	if err != nil {
		return err
	}
	if tok != want {
		return fmt.Errorf("safetensors: %s: expected %q, got %.100v; %w", what, want.String(), tok, ErrHeader)
	}
	return nil
}

func (s scanner) token(what string) (json.Token, error) {
	tok, err := s.dec.Token()
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: the JSON of the header is broken (%v); %w", what, err, ErrHeader)
	}
	return tok, nil
}
