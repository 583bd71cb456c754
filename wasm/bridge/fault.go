package bridge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"thaw/core/backend"
	"thaw/core/data"
	"thaw/core/encoder"
	"thaw/core/freeze"
	"thaw/core/head"
	"thaw/core/model"
	"thaw/core/safetensors"
	"thaw/core/synth"
	"thaw/core/tokenizer"
	"thaw/core/train"
	"thaw/wasm/device"
)

// ErrMessage is the root of every fault of a message itself.
var ErrMessage = errors.New("message")

// Fault is an error as the page sees it: ThawError there.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

func (f *Fault) Error() string { return f.Message }

// fault returns an error of the bridge's own.
func fault(code, hint, format string, args ...any) error {
	return &Fault{Code: code, Message: fmt.Errorf(format, args...).Error(), Hint: hint}
}

// kinds are the errors that the core returns, each with its code and what a person can do.
func kinds() []struct {
	err        error
	code, hint string
} {
	return []struct {
		err        error
		code, hint string
	}{
		{context.Canceled, "aborted", ""},
		{fs.ErrNotExist, "files", "Choose a folder with config.json, tokenizer.json (or vocab.txt) and model.safetensors."},
		{backend.ErrAgain, "device", "Ask again: it goes on with what is left of the device."},
		{backend.ErrLost, "lost", "Load the encoder again."},
		{backend.ErrFailed, "device", "Choose the processor, or a smaller batch or encoder."},
		{device.ErrKind, "device", "Choose another device, or auto."},
		{ErrMessage, "message", "Page and worker may come from different versions: reload the page."},
		{train.ErrSettings, "settings", "Correct the setting and try again."},
		{train.ErrCheckpoint, "checkpoint", "Load the encoder that the run was saved with, and give the same data."},
		{freeze.ErrPolicy, "policy", "Use none, all, backbone, layers:K, head:NAME, a name with *, ! before one, joined by commas; or probe; or a schedule such as backbone; 1:layers:4."},
		{head.ErrTask, "task", "Correct the task and try again."},
		{synth.ErrGrammar, "download", "Build dist/ again: wasm/grammar.json is not as it should be."},
		{synth.ErrSpec, "synth", "Correct the request and try again."},
		{safetensors.ErrTruncated, "truncated", "The file is not whole: get it again."},
		{safetensors.ErrHeader, "weights", "Choose a model.safetensors of Hugging Face."},
		{model.ErrWeights, "weights", "Choose a config.json and a model.safetensors that belong together."},
		{encoder.ErrConfig, "config", "Choose the config.json of a BERT or DistilBERT encoder, such as MiniLM's."},
		{tokenizer.ErrFormat, "tokenizer", "Choose the tokenizer.json or vocab.txt that came with the encoder."},
		{tokenizer.ErrUnsupported, "tokenizer", "Choose an encoder of the family BERT or DistilBERT."},
	}
}

// asFault words an error for the page.
func asFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	if f := carried(err); f != nil {
		return f
	}
	for _, k := range kinds() {
		if errors.Is(err, k.err) {
			return &Fault{k.code, err.Error(), k.hint}
		}
	}
	var line *data.LineError
	if errors.As(err, &line) {
		return &Fault{"data", err.Error(), "Correct the line and try again."}
	}
	return &Fault{Code: "failed", Message: err.Error()}
}

// carried finds an error that came with a code from JavaScript, through the streams of the core.
func carried(err error) *Fault {
	var thrown interface {
		error
		Fault() (code, hint string)
	}
	if !errors.As(err, &thrown) {
		return nil
	}
	code, hint := thrown.Fault()
	if code == "" {
		return nil
	}
	return &Fault{code, thrown.Error(), hint}
}

// notLoaded says that something needs an encoder.
func notLoaded(what string) error {
	return fault("state", "Call load first.", "no encoder is loaded, and %s needs one", what)
}

// internal is the fault of a program that broke one of its own rules.
func internal(broken any) *Fault {
	return &Fault{"internal", fmt.Sprintf("thaw has a fault: %v", broken), "Please report it. Reloading the page starts afresh."}
}
