// Command winnow-torture runs the proofs of what winnow promises: it sets up an engine or a whole cluster
// in this process, breaks it by a plan that a seed makes, and holds the answers against ones that were
// worked out without winnow. It prints one JSON line a proof and is not shipped.
//
// Read proofs first.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// proof checks one promise seeds times, beginning with seed first.
type proof struct {
	name string
	says string
	run  func(dir string, first, seeds uint64) result
}

var proofs = []proof{
	{"P1", "one answer, whatever the workers, splits, batches and memory", oneAnswer},
	{"P2", "no byte lost or read twice at a split, a line end, a header, a gzip member", everySplit},
	{"P3", "a worker killed at any moment costs no row; the control without retries must fail", killed},
	{"P14", "a read of S3 that breaks goes on where it broke; the control reads as it comes and must fail", brokenReads},
	{"P15", "an object that is replaced while it is read is never mixed; the control asks for no version and must", replaced},
	{"P19", "of queries that end early by LIMIT, error, close or cancel, nothing stays open", nothingStays},
	{"P27", "slow and lost clients keep little, leave the others their turn, and no work of theirs goes on", slowClients},
	{"P28", "a cancelled query stops, and nothing of it is left", cancelled},
	{"P34", "bytes of any kind on any port: the process lives and does its work", hostileBytes},
	{"P36", "no statement, however broken, ends in a panic", brokenStatements},
	{"P37", "each value and record that could not be read is counted", defectsCounted},
	{"points", "each named fault point fails at its n-th call, once and for ever: never a wrong answer", faultPoints},
}

// result is what a proof has seen. Wrong are other rows than the reference, failed errors where an answer
// was promised, hung what took longer than its deadline or left something behind.
type result struct {
	Proof   string `json:"p"`
	Runs    int    `json:"runs"`
	Wrong   int    `json:"wrong"`
	Failed  int    `json:"failed"`
	Hung    int    `json:"hung"`
	Skipped int    `json:"skipped"`
	P95     int64  `json:"p95_ms"`
	// Control is how many of the runs with the defence off failed, in percent; absent where there is none.
	Control  *int `json:"control_percent,omitempty"`
	controls int  // those runs

	took     []time.Duration
	messages []string
}

// say keeps the first few messages for standard error.
func (r *result) say(format string, args ...any) {
	if len(r.messages) < 20 {
		r.messages = append(r.messages, fmt.Sprintf(format, args...))
	}
}

// control notes how many of the runs with the defence off were hurt.
func (r *result) control(hurt, runs int) {
	percent := 0
	if runs > 0 {
		percent = 100 * hurt / runs
	}
	r.Control, r.controls = &percent, runs
}

// A control is one if this part of its runs, in percent, is hurt; of a few runs chance takes more.
const (
	hurtPercent = 95
	fewRuns     = 100
	hurtOfFew   = 75
)

// controlled reports whether the fault was one: without the defence it hurts.
func (r *result) controlled() bool {
	return r.Control == nil || *r.Control >= hurtPercent || r.controls < fewRuns && *r.Control >= hurtOfFew
}

func (r *result) done() {
	slices.Sort(r.took)
	if n := len(r.took); n > 0 {
		r.P95 = r.took[n*95/100].Milliseconds()
	}
}

// holds reports whether the promise was kept, and the fault was one where there is a control.
func (r *result) holds() bool {
	return r.Runs > 0 && r.Wrong+r.Failed+r.Hung == 0 && r.controlled()
}

func main() {
	names := flag.String("p", "", "the proof, or several with commas; empty: all")
	first := flag.Uint64("seed", 1, "the first seed")
	seeds := flag.Uint64("seeds", 20, "how many")
	flag.Parse()
	ok := true
	for _, p := range proofs {
		if *names != "" && !slices.Contains(strings.Split(*names, ","), p.name) {
			continue
		}
		dir, err := os.MkdirTemp("", "winnow-torture-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		r := p.run(dir, *first, *seeds)
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		r.Proof = p.name
		r.done()
		for _, m := range r.messages {
			fmt.Fprintln(os.Stderr, p.name+":", m)
		}
		line, err := json.Marshal(r)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		fmt.Println(string(line))
		ok = ok && r.holds()
	}
	if !ok {
		os.Exit(1)
	}
}
