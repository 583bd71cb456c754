package model

import "encoding/json"

// float32Config is a config.json that tells transformers to open the weights as what thaw writes, float32. It takes the
// type from there, so that weights trained from a half-precision checkpoint would be rounded again. A file that says nothing
// of the type or says float32 stays as it is, byte for byte.
func float32Config(file []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(file, &fields); err != nil {
		return nil, err
	}
	const want = `"float32"`
	changed := false
	for _, key := range []string{"dtype", "torch_dtype"} { // the second in older files
		if was := string(fields[key]); was != "" && was != "null" && was != want {
			fields[key], changed = json.RawMessage(want), true
		}
	}
	if !changed {
		return file, nil
	}
	return json.MarshalIndent(fields, "", "  ")
}
