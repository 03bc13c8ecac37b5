package shell

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress draws one line on standard error for statements that take longer than half a second.
type progress struct {
	once sync.Once
	quit chan struct{}
	done chan struct{}
}

const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 200 * time.Millisecond
)

func (s *Shell) startProgress(rows Rows) *progress {
	p := &progress{quit: make(chan struct{}), done: make(chan struct{})}
	show := s.opts.Progress == "always" || (s.opts.Progress != "never" && isTerminal(s.opts.Err))
	if s.opts.Quiet || !show {
		close(p.done)
		return p
	}
	go func() { // ends with stop
		defer close(p.done)
		p.draw(s.opts.Err, rows)
	}()
	return p
}

// stop clears the line and waits for the drawer.
func (p *progress) stop() {
	p.once.Do(func() { close(p.quit) })
	<-p.done
}

func (p *progress) draw(w io.Writer, rows Rows) {
	start := time.Now()
	select {
	case <-p.quit:
		return
	case <-time.After(progressAfter):
	}
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		pr := rows.Progress()
		elapsed := time.Since(start)
		line := fmt.Sprintf("%s  splits %d/%d", elapsed.Round(100*time.Millisecond), pr.SplitsDone, pr.SplitsTotal)
		if pr.Listing {
			line += "+"
		}
		if st := pr.Stats; st != nil {
			line += fmt.Sprintf("  %s  %d rows  %s/s", bytesText(st.BytesRead), st.RowsRead, bytesText(int64(float64(st.BytesRead)/elapsed.Seconds())))
		}
		if pr.SplitsDone > 0 && !pr.Listing && pr.SplitsTotal > pr.SplitsDone {
			left := time.Duration(float64(elapsed) / float64(pr.SplitsDone) * float64(pr.SplitsTotal-pr.SplitsDone))
			line += "  " + left.Round(time.Second).String() + " left"
		}
		fmt.Fprint(w, "\r\x1b[K"+line)
		select {
		case <-p.quit:
			fmt.Fprint(w, "\r\x1b[K")
			return
		case <-tick.C:
		}
	}
}

// bytesText writes a number of bytes for people: 1.5 GB.
func bytesText(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f := float64(n)
	i := 0
	for f >= 1000 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
