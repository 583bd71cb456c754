package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// hardTexts are read by the fuzz test as well.
var hardTexts = []string{
	"", " ", "Hello, world!", "naïve café", "e\u0327\u0301", "\u0301", "中文 and 日本語", "한국어", "한\u302e글", "a\u0344\u0327b", "👩‍👩‍👧 🇩🇪 ❤️", "a\u200db\ufeff\u00ad",
	"no\u00a0break\u3000\u2028\u0085", "\x00\x1f\x7f", "[MASK] [SEP]x[CLS]", "[[MASK]]", "\ufffd", "\xff\xc3(\xe2\x82", "\xf0\x9f\x98", "İSTANBUL ẞ Σς", "ȺȾ",
	strings.Repeat("a", 100), strings.Repeat("a", 101), strings.Repeat("é", 101), "\U0001d165\U0001d16e\u0f73\u302f\u302e", "[MASK]\u0301", "unaffable",
}

func TestReadableExamples(t *testing.T) {
	for _, c := range []struct {
		text    string
		tokens  string
		offsets string
	}{
		{"", "", ""},
		{"unaffable!", "una ##ffa ##ble !", "0:3 3:6 6:9 9:10"},
		{"Ça va, café?", "ca va , cafe ?", "0:2 3:5 5:6 7:11 11:12"},
		{"e\u0301x 中文", "ex 中 文", "0:3 4:5 5:6"},
		{"a[MASK]b", "a [MASK] b", "0:1 1:7 7:8"},
		{"no\u00a0break", "no break", "0:2 3:8"},
		{"\U0001f600", "[UNK]", "0:1"},
	} {
		e := uncased().Encode(c.text, 0)
		var offsets []string
		for _, o := range e.Offsets[1 : len(e.Offsets)-1] {
			offsets = append(offsets, fmt.Sprintf("%d:%d", o[0], o[1]))
		}
		tokens := strings.Join(e.Tokens[1:len(e.Tokens)-1], " ")
		if tokens != c.tokens || strings.Join(offsets, " ") != c.offsets {
			t.Errorf("%q: got %s at %s, want %s at %s", c.text, tokens, offsets, c.tokens, c.offsets)
		}
	}
}

func TestVocabSize(t *testing.T) {
	if n := uncased().VocabSize(); n != 30522 {
		t.Errorf("uncased has %d ids, want 30522", n)
	}
	if n := loadVariant(t, "added").VocabSize(); n != 30522+8 {
		t.Errorf("with 8 tokens more it has %d ids, want 30530", n)
	}
}

// Many goroutines share one Tokenizer.
func TestSharedTokenizer(t *testing.T) {
	tok := uncased()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, text := range hardTexts {
				if a, b := tok.Encode(text, 0), tok.Encode(text, 0); !slices.Equal(a.IDs, b.IDs) {
					t.Errorf("%+q gives %v and %v", text, a.IDs, b.IDs)
				}
			}
		})
	}
	group.Wait()
}

// A word of common letters needs no allocation beyond the Encoding and the room for a word.
func TestAllocations(t *testing.T) {
	tok := uncased()
	text := strings.Repeat("the quick brown fox, ", 50)
	if n := testing.AllocsPerRun(10, func() { tok.Encode(text, 0) }); n > 20 {
		t.Errorf("%.0f allocations for %d bytes of text", n, len(text))
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, text := range map[string]string{
		"english": "The film was, to be honest, an unremarkable but watchable adaptation; critics disliked its overlong ending.",
		"accents": "Größe, naïveté und Übermut: l'été dernier, où étiez-vous ? Příliš žluťoučký kůň.",
		"korean":  "오늘은 날씨가 정말 좋습니다. 서울에서 부산까지 기차로 갑시다!",
		"chinese": "今天天气很好，我们去公园散步吧！你好，世界。",
	} {
		b.Run(name, func(b *testing.B) {
			tok, tokens := uncased(), 0
			b.ReportAllocs()
			for b.Loop() {
				tokens += len(tok.Encode(text, 0).IDs)
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	files := map[string][]byte{tokenizerJSON: variant(b, "uncased")}
	for b.Loop() {
		load(b, files)
	}
}
