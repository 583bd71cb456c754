// Package synth makes labelled text from a seeded grammar, measures it, and checks that its two halves share nothing.
//
// # Lexicon files
//
// Package grammar has the files; Open reads them. lexicon/train and lexicon/heldout hold the grammar as plain text, one
// folder a half. The halves share no template and no content word of a slot, so a model's score on the held-out half is
// not memory. A file's base name is its scope.
//
//	# a comment
//	@slot leader                      entries of the slot "leader" follow, one a line
//	@text headline topic=world        templates follow: a style, then a label for one task or more
//	{leader} [meets|visits] {country}
//	@sentences review sentiment=*     sentences follow that stand as they are, alone or beside others of the file, each drawn a
//	                                  quarter as often as a template
//	@whole review sentiment=*         texts follow that always stand alone
//
// In an entry or a template:
//
//	{name}      an entry of the slot; two uses in one text differ
//	{-name}     the same for another label of the task: "{-flaw}, but {merit}" is contrast
//	{3-17}      a whole number of that range
//	[a|b|]      one of the alternatives, which may be empty and may nest
//
// topic=* stands for every label of the task. A slot is looked up in the scopes of the text's labels (the label's name
// reduced to letters and digits: sci/tech is scitech), there also as name.label, then in the file's own scope, then in
// "shared"; scope/name says it outright. A template whose slots do not all resolve for a label is not used for it.
//
// lexicon/common.txt lists the words that belong to no class and may stand in both halves.
package synth
