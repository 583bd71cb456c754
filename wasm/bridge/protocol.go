// Page and worker speak in messages. The page sends a command, {id, cmd, args}; for each it gets any number of events,
// {id, event}, and then one reply, {id, reply}, or one error, {id, error: {code, message, hint}}. Bytes travel beside the
// JSON: files and checkpoints as streams, hidden states as typed arrays. A command or a field that is not listed here is
// refused, never passed over. This file has a twin in the other language, wasm/bridge/protocol.go or
// site/worker/protocol.js; wasm/bridge/testdata/messages.json is decoded by the tests of both.

package bridge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"thaw/core/data"
	"thaw/core/model"
	"thaw/core/report"
	"thaw/core/synth"
	"thaw/wasm/device"
)

// Limits on messages, checked before anything is made of them.
const (
	maxMessage = 256 << 20 // bytes of JSON
	maxRecords = 1_000_000 // of a data set
	maxTexts   = 100_000   // of one question
	maxTasks   = 256
	maxFiles   = 1100 // shards and what lies beside them
	maxRuns    = 64   // of one comparison
)

// Command is a message of the page.
type Command struct {
	ID   int
	Name string
	Args any // a pointer to the type of that name, such as *Load
}

// The arguments of the commands. A type without fields belongs to a command without arguments.
type (
	// Hello asks what runs here.
	Hello struct{}
	// Load reads a model folder, whose files come as streams beside the message.
	Load struct {
		Name  string `json:"name"`
		Files []File `json:"files"`
	}
	// Plan asks what a run would train and take.
	Plan struct {
		Tasks    []Task          `json:"tasks"`
		Head     string          `json:"head"`
		Data     *Source         `json:"data"`
		Settings json.RawMessage `json:"settings"`
	}
	// Outlook asks what a run would take with an encoder that is not loaded.
	Outlook struct {
		Config   json.RawMessage `json:"config"` // its config.json
		Tasks    []Task          `json:"tasks"`
		Head     string          `json:"head"`
		Data     *Source         `json:"data"`
		Settings json.RawMessage `json:"settings"`
	}
	// Synth makes labelled text.
	Synth struct {
		Spec synth.Spec `json:"spec"`
	}
	// Natural asks for the sentences written by hand.
	Natural struct{}
	// Leakage asks what two data sets share.
	Leakage struct {
		Train   Source `json:"train"`
		Heldout Source `json:"heldout"`
	}
	// Train begins a run, or goes on with the one that was resumed.
	Train struct {
		Tasks    []Task          `json:"tasks"`
		Head     string          `json:"head"` // "mean" (the default) or "hf"
		Data     *Source         `json:"data"`
		Evals    *Evals          `json:"evals"` // none: a tenth of the data is held out
		Settings json.RawMessage `json:"settings"`
		Resume   *bool           `json:"resume"` // none: go on if a run was resumed and has steps left
	}
	// Pause, Continue and Stop steer the run.
	Pause    struct{}
	Continue struct{}
	Stop     struct{}
	// SetFreeze chooses what is frozen from the next step of the run that goes on, or in the next run.
	SetFreeze struct {
		Freeze string `json:"freeze"`
	}
	// SetDevice chooses what runs the trainer from now on, between two runs.
	SetDevice struct {
		Device string `json:"device"` // auto, webgpu, threads or cpu
	}
	// Predict classifies texts.
	Predict struct {
		Texts     []string `json:"texts"`
		MaxLength int      `json:"maxLength"`
	}
	// Evaluate scores the model on labelled texts.
	Evaluate struct {
		Data      Source `json:"data"`
		MaxLength int    `json:"maxLength"`
	}
	// Encode asks for hidden states; they come as float32 beside the reply, text after text.
	Encode struct {
		Texts     []string   `json:"texts"`
		Pool      model.Pool `json:"pool"`
		MaxLength int        `json:"maxLength"`
	}
	// Save writes a checkpoint to the stream beside the message.
	Save struct{}
	// Resume reads a checkpoint from the stream beside the message. The data are those the run was trained on.
	Resume struct {
		Tasks    []Task          `json:"tasks"`
		Data     Source          `json:"data"`
		Evals    *Evals          `json:"evals"`
		Settings json.RawMessage `json:"settings"` // of the run, whose seed says what was held out
	}
	// Compare runs scenarios of training side by side, each on the encoder as it was loaded; or it asks whether one task gains
	// from another. The model, what it has learnt and the last run stay as they are.
	Compare struct {
		Files    []File          `json:"files"` // of the loaded encoder, for its weights are read again where a run has changed them
		Tasks    []Task          `json:"tasks"`
		Head     string          `json:"head"`
		Data     *Source         `json:"data"`
		Evals    *Evals          `json:"evals"`
		Settings json.RawMessage `json:"settings"`
		Policies []string        `json:"policies"` // none: those that package compare names
		Transfer *Transfer       `json:"transfer"` // in place of the scenarios
	}
	// Report asks how well the model knows what it knows, on labelled texts.
	Report struct {
		Files     []File `json:"files"` // as of Compare
		Data      Source `json:"data"`
		MaxLength int    `json:"maxLength"`
	}
	// Cancel gives up an earlier command.
	Cancel struct {
		Request int `json:"request"`
	}
	// Close ends the worker's program.
	Close struct{}
)

// File is one file of a model folder.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // in hexadecimal; empty where nobody knows it
}

// Task is a task as the page says it; what it leaves out is filled in.
type Task struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Labels []string `json:"labels"`
	Weight *float64 `json:"weight"`
}

// Transfer asks whether task B gains from task A, over some seeds from that of the settings on.
type Transfer struct {
	A     string `json:"a"`
	B     string `json:"b"`
	Seeds int    `json:"seeds"` // none: 1
}

// Source is where labelled texts come from: one of the two.
type Source struct {
	Synthetic *synth.Spec   `json:"synthetic"`
	Records   []data.Record `json:"records"`
}

// Evals are the sets a run is judged by.
type Evals struct {
	Heldout *Source `json:"heldout"` // none: a tenth of the data
	Natural *Source `json:"natural"`
}

// The replies that are not a core type already.
type (
	// Greeting answers Hello.
	Greeting struct {
		Device device.Device `json:"device"`
	}
	// Loaded answers Load.
	Loaded struct {
		Name       string      `json:"name"`
		Family     string      `json:"family"`
		Layers     int         `json:"layers"`
		Hidden     int         `json:"hidden"`
		Positions  int         `json:"positions"`
		Parameters []Parameter `json:"parameters"`
		Bytes      int64       `json:"bytes"`   // of the weights file
		Ignored    []string    `json:"ignored"` // tensors of the file that no part of the model is made of
		Fresh      []string    `json:"fresh"`   // parameters that the file lacks and that were made anew
		Tasks      []Task      `json:"tasks"`   // of a folder that was trained before
		MS         float64     `json:"ms"`      // a forward pass of four short texts

		Device device.Device `json:"device"` // the quickest, by that pass
	}
	// Parameter is one tensor of the model.
	Parameter struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
		Size  int    `json:"size"`
		Group string `json:"group"`
	}
	// Planned answers Plan.
	Planned struct {
		Trainable   int         `json:"trainable"` // elements
		Frozen      int         `json:"frozen"`
		MemoryBytes int64       `json:"memoryBytes"`
		Steps       int         `json:"steps"`
		Freeze      string      `json:"freeze"` // canonical
		StepMS      *float64    `json:"stepMs"` // expected mean, nil where nothing has been timed yet
		Parameters  []Trainable `json:"parameters"`
	}
	// Outlooked answers Outlook.
	Outlooked struct {
		Family      string   `json:"family"`
		Layers      int      `json:"layers"`
		Hidden      int      `json:"hidden"`
		Parameters  int      `json:"parameters"` // elements, heads included
		Trainable   int      `json:"trainable"`
		MemoryBytes int64    `json:"memoryBytes"`
		Steps       int      `json:"steps"`
		Freeze      string   `json:"freeze"` // canonical; the encoder's default where the one asked for does not fit
		StepMS      *float64 `json:"stepMs"` // expected mean, nil where no encoder has been timed yet
	}
	// Trainable says whether a parameter trains.
	Trainable struct {
		Name      string `json:"name"`
		Trainable bool   `json:"trainable"`
	}
	// Synthesised answers Synth.
	Synthesised struct {
		Records []data.Record `json:"records"`
		Stats   synth.Stats   `json:"stats"`
	}
	// Records answers Natural.
	Records struct {
		Records []data.Record `json:"records"`
	}
	// State answers Pause, Continue, Stop, Cancel and Close: what the trainer does now.
	State struct {
		State string `json:"state"` // "idle", "training", "comparing" or "paused"
	}
	// Compared answers Compare.
	Compared struct {
		Event   string  `json:"event"` // "compared"; it is the last event as well
		Seconds float64 `json:"seconds"`
		Stopped bool    `json:"stopped"` // before the last scenario
	}
	// Frozen answers SetFreeze.
	Frozen struct {
		Freeze      string `json:"freeze"` // canonical
		Trainable   int    `json:"trainable"`
		Frozen      int    `json:"frozen"`
		MemoryBytes int64  `json:"memoryBytes"` // 0 between runs
		Step        int    `json:"step"`        // the first step of the run that it holds for; 0: it is for the next run
	}
	// Predictions answers Predict, in the order of the texts.
	Predictions struct {
		Predictions []model.Prediction `json:"predictions"`
	}
	// Evaluated answers Evaluate.
	Evaluated struct {
		Tasks map[string]report.Scores `json:"tasks"`
	}
	// Reported answers Report.
	Reported struct {
		Calibration map[string]report.Reliability `json:"calibration"` // by task
		Picture     Picture                       `json:"picture"`
	}
	// Picture is sentences in the plane in which their embeddings vary most.
	Picture struct {
		Explained []float64 `json:"explained"` // share of the variance
		Points    []Point   `json:"points"`
	}
	// Point is one sentence there, on the encoder as it was loaded and as it is now.
	Point struct {
		Labels map[string]string `json:"labels"`
		Before []float32         `json:"before"`
		After  []float32         `json:"after"`
	}
	// Encoded answers Encode; the elements come beside it.
	Encoded struct {
		Shapes [][]int `json:"shapes"`
	}
	// Run answers Train, Save and Resume: where the run is.
	Run struct {
		Step     int             `json:"step"`
		Steps    int             `json:"steps"`
		Stopped  bool            `json:"stopped"`
		Freeze   string          `json:"freeze"`
		Tasks    []Task          `json:"tasks"`
		Head     string          `json:"head"`
		Settings json.RawMessage `json:"settings"`
	}
)

// newArgs returns room for the arguments of a command, nil for one that does not exist.
func newArgs(name string) any {
	switch name {
	case "hello":
		return new(Hello)
	case "load":
		return new(Load)
	case "plan":
		return new(Plan)
	case "outlook":
		return new(Outlook)
	case "synth":
		return new(Synth)
	case "natural":
		return new(Natural)
	case "leakage":
		return new(Leakage)
	case "train":
		return new(Train)
	case "pause":
		return new(Pause)
	case "continue":
		return new(Continue)
	case "stop":
		return new(Stop)
	case "setFreeze":
		return new(SetFreeze)
	case "setDevice":
		return new(SetDevice)
	case "predict":
		return new(Predict)
	case "evaluate":
		return new(Evaluate)
	case "encode":
		return new(Encode)
	case "save":
		return new(Save)
	case "resume":
		return new(Resume)
	case "compare":
		return new(Compare)
	case "report":
		return new(Report)
	case "cancel":
		return new(Cancel)
	case "close":
		return new(Close)
	}
	return nil
}

// Decode reads a command. Its error wraps ErrMessage; the command's ID is right wherever it could be read.
func Decode(message []byte) (Command, error) {
	var envelope struct {
		ID   int             `json:"id"`
		Cmd  string          `json:"cmd"`
		Args json.RawMessage `json:"args"`
	}
	if len(message) > maxMessage {
		return Command{}, fmt.Errorf("%w: it has %d bytes and at most %d are allowed; send less data at once", ErrMessage, len(message), maxMessage)
	}
	if err := strict(message, &envelope); err != nil {
		return Command{ID: envelope.ID}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	c := Command{ID: envelope.ID, Name: envelope.Cmd, Args: newArgs(envelope.Cmd)}
	if c.ID < 1 {
		return c, fmt.Errorf("%w: its id is %d, expected a whole number from 1", ErrMessage, c.ID)
	}
	if c.Args == nil {
		return c, fmt.Errorf("%w: no command is called %.40q", ErrMessage, c.Name)
	}
	if len(envelope.Args) > 0 {
		if err := strict(envelope.Args, c.Args); err != nil {
			return c, fmt.Errorf("%w: %s: %w", ErrMessage, c.Name, err)
		}
	}
	if err := limit(c.Args); err != nil {
		return c, fmt.Errorf("%w: %s: %w", ErrMessage, c.Name, err)
	}
	return c, nil
}

// strict decodes one JSON value and refuses fields that into does not have.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plain(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something follows the JSON")
	}
	return nil
}

// plain takes the package's name out of an error of encoding/json.
func plain(err error) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "json: "))
}
