package encoder

import "fmt"

// Family is a kind of encoder: the model_type of its config.json.
type Family string

const (
	// BERT is the family of bert-base, MiniLM and their like (arXiv 1810.04805).
	BERT Family = "bert"
	// DistilBERT is BERT without token types and pooler, half as deep (arXiv 1910.01108).
	DistilBERT Family = "distilbert"
)

// form is all that sets one family apart from another. The network is one; it reads its differences here.
type form struct {
	words
	names

	// headDense is what Hugging Face calls the dense layer that each classifier of the family has in front of it; "" where
	// classifiers stand on the pooler.
	headDense string
	// dropsAttended says whether dropout follows the projection behind attention.
	dropsAttended bool
}

// words are the keys of a family's config.json.
type words struct {
	hidden, layers, heads, inner       string
	types                              string // "": the family has no token types
	eps                                string // "": it is fixedEps
	dropout, attention, classification string // of hidden states, attention probabilities, the family's own head
	activation                         string
	headDropout                        float64 // where the key is missing; sameDropout: that of hidden states
}

const (
	fixedEps    = 1e-12
	sameDropout = -1
)

// names are a family's names of its tensors, behind its prefix and without .weight and .bias.
type names struct {
	embeddings        string // followed by word_embeddings, position_embeddings, token_type_embeddings and LayerNorm
	layer             string // followed by the layer's number and the names below
	query, key, value string
	out, attnNorm     string
	up, down, norm    string
	pooler            string // "": the family has none
}

// forms are the families that thaw builds, as transformers names them.
var forms = map[Family]*form{
	BERT: {
		words: words{
			hidden: "hidden_size", layers: "num_hidden_layers", heads: "num_attention_heads", inner: "intermediate_size",
			types: "type_vocab_size", eps: "layer_norm_eps", dropout: "hidden_dropout_prob", attention: "attention_probs_dropout_prob",
			classification: "classifier_dropout", headDropout: sameDropout, activation: "hidden_act",
		},
		names: names{
			embeddings: "embeddings", layer: "encoder.layer",
			query: "attention.self.query", key: "attention.self.key", value: "attention.self.value",
			out: "attention.output.dense", attnNorm: "attention.output.LayerNorm",
			up: "intermediate.dense", down: "output.dense", norm: "output.LayerNorm", pooler: "pooler.dense",
		},
		dropsAttended: true,
	},
	DistilBERT: {
		words: words{
			hidden: "dim", layers: "n_layers", heads: "n_heads", inner: "hidden_dim", dropout: "dropout", attention: "attention_dropout",
			classification: "seq_classif_dropout", headDropout: 0.2, activation: "activation",
		},
		names: names{
			embeddings: "embeddings", layer: "transformer.layer",
			query: "attention.q_lin", key: "attention.k_lin", value: "attention.v_lin",
			out: "attention.out_lin", attnNorm: "sa_layer_norm",
			up: "ffn.lin1", down: "ffn.lin2", norm: "output_layer_norm",
		},
		headDense: "pre_classifier",
	},
}

// form is that of the configuration's family, which LoadConfig has seen to.
func (c *Config) form() *form { return forms[c.Family] }

// Prefix is the family's prefix of parameter names.
func (c *Config) Prefix() string { return string(c.Family) + "." }

// HeadDense is the name of the dense layer in front of each classifier of the family's own head, "" where the classifiers
// share the encoder's pooler.
func (c *Config) HeadDense() string { return c.form().headDense }

// embedding is the name of a tensor of the embeddings.
func (c *Config) embedding(part string) string { return c.Prefix() + c.form().embeddings + "." + part }

// inLayer is the name of a part of layer i.
func (c *Config) inLayer(i int, part string) string {
	return fmt.Sprintf("%s%s.%d.%s", c.Prefix(), c.form().layer, i, part)
}
