package train

import (
	"math/rand/v2"
	"os"
	"testing"

	"thaw/core/backend/cpu"
	"thaw/core/data"
	"thaw/core/head"
	"thaw/core/internal/check"
	"thaw/core/kernel"
	"thaw/core/model"
)

// BenchmarkStep is a whole step of the real MiniLM, 16 sentences of 64 tokens, on one thread.
func BenchmarkStep(b *testing.B) {
	for _, policy := range []string{"none", "layers:4", "backbone"} {
		b.Run(policy, func(b *testing.B) {
			m, err := model.Open(cpu.New(kernel.Serial()), os.DirFS(check.MiniLM(b)))
			if err != nil {
				b.Fatal(err)
			}
			if err := m.SetHeads(head.Mean, toyTasks(), 1); err != nil {
				b.Fatal(err)
			}
			s := Defaults(6)
			s.Freeze, s.Steps = policy, 1<<20
			tr := start(b, m, s, sentences(16, 64))
			for b.Loop() {
				if err := tr.Step(func(Event) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// sentences are random ids.
func sentences(n, tokens int) []data.Example {
	r := rand.New(rand.NewPCG(1, 1))
	ex := make([]data.Example, n)
	for i := range ex {
		for range tokens {
			ex[i].IDs = append(ex[i].IDs, int32(1000+r.IntN(20000)))
		}
		ex[i].Labels = []int32{int32(r.IntN(4)), int32(r.IntN(2))}
	}
	return ex
}
