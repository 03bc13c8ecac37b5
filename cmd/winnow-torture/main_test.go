package main

import "testing"

// TestProofs runs each proof at gate size; the long runs are for the command.
func TestProofs(t *testing.T) {
	seeds := map[string]uint64{"P1": 3, "P2": 2, "P3": 8, "P14": 6, "P15": 25, "P19": 100, "P27": 8, "P28": 12, "P34": 500, "P36": 1000, "P37": 2, "points": 2}
	for _, p := range proofs {
		t.Run(p.name, func(t *testing.T) {
			n, ok := seeds[p.name]
			if !ok {
				t.Fatalf("%s has no gate size", p.name)
			}
			r := p.run(t.TempDir(), 1, n)
			r.done()
			for _, m := range r.messages {
				t.Log(m)
			}
			if !r.holds() {
				control := -1
				if r.Control != nil {
					control = *r.Control
				}
				t.Errorf("%s (%s): %d runs, %d wrong, %d failed, %d hung, control %d %%", p.name, p.says, r.Runs, r.Wrong, r.Failed, r.Hung, control)
			}
			t.Logf("%d runs, p95 %d ms", r.Runs, r.P95)
		})
	}
}
