package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"thaw/core/model"
	"thaw/core/tokenizer"
)

func predictCommand() command {
	return command{
		name:    "predict",
		args:    "[TEXT…]",
		purpose: "Says what a trained model makes of texts: those on the command line, or one a line on standard input.",
		example: "thaw predict --model model \"a warm, funny film\"\nthaw predict --model model --json < texts.txt",
		setup: func(fs *flag.FlagSet) action {
			dir := fs.String("model", "", "the model folder `DIR` that training has written")
			asJSON := fs.Bool("json", false, "print {text, tasks: {task: {label, scores}}} a text")
			threads := threadsFlag(fs)
			return func(ctx context.Context, s streams, texts []string) error {
				if err := required("model", *dir); err != nil {
					return err
				}
				ops, err := openDevice(*threads, untilDone(ctx))
				if err != nil {
					return err
				}
				defer ops.Close()
				m, err := openTrained(ops, *dir)
				if err != nil {
					return err
				}
				p := predictor{m: m, limit: trainedLength(m), asJSON: *asJSON}
				if err := p.all(ctx, s, texts); err != nil {
					return err
				}
				p.cut.report(s, p.limit)
				return nil
			}
		},
	}
}

// predictor answers texts.
type predictor struct {
	m      *model.Model
	limit  int // tokens of a text
	asJSON bool
	cut    cutCount
}

// all answers the given texts, or where there are none the lines of standard input.
func (p *predictor) all(ctx context.Context, s streams, texts []string) error {
	answer := func(texts []string) error { return p.answer(s.out, texts) }
	if len(texts) > 0 {
		return answer(texts)
	}
	return eachBatch(ctx, s.in, answer)
}

// answer prints one line a text.
func (p *predictor) answer(w io.Writer, texts []string) error {
	predictions, err := p.m.Predict(texts, p.limit)
	if err != nil {
		return err
	}
	p.cut.add(p.m.Tokenizer, texts, p.limit)
	buffer := bufio.NewWriter(w)
	lines := jsonLines(buffer)
	for i, text := range texts {
		if !p.asJSON {
			p.print(buffer, text, predictions[i])
			continue
		}
		if err := lines.Encode(struct {
			Text  string           `json:"text"`
			Tasks model.Prediction `json:"tasks"`
		}{text, predictions[i]}); err != nil {
			return err
		}
	}
	return buffer.Flush()
}

// print is a line for people: the label of each task and its score, then the text.
func (p *predictor) print(w io.Writer, text string, answers model.Prediction) {
	for _, t := range p.m.Heads.Tasks {
		a := answers[t.Name]
		fmt.Fprintf(w, "%s: %s %.2f\t", t.Name, a.Label, a.Scores[a.Label])
	}
	fmt.Fprintln(w, text)
}

// trainedLength is the limit of tokens the model was trained with, 0 (all the encoder holds) where it does not say.
func trainedLength(m *model.Model) int {
	var settings struct {
		MaxLength int `json:"maxLength"`
	}
	// Settings of another version only lack the word.
	_ = json.Unmarshal(m.Card.Settings, &settings)
	return max(0, settings.MaxLength)
}

// cutCount counts the texts that were longer than a limit.
type cutCount int

// add counts texts, cut to limit tokens.
func (c *cutCount) add(tok *tokenizer.Tokenizer, texts []string, limit int) {
	for _, text := range texts {
		// A text has at most as many tokens as bytes, and the two that stand around it.
		if limit > 0 && len(text)+2 > limit && tok.Encode(text, limit).Cut > 0 {
			*c++
		}
	}
}

// report says how many there were.
func (c cutCount) report(s streams, limit int) {
	if c > 0 {
		s.note("texts cut to %d tokens: %d", limit, int(c))
	}
}
