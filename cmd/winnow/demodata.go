package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/winnowdb/winnow/proto/diag"
)

// archiveVersion names what writeArchive writes; a folder made by another one is made anew beside it.
const archiveVersion = "1"

// The size of the archive.
const (
	demoDays        = 30
	demoUsers       = 20_000
	demoSignups     = 30_000
	demoAccess      = 40_000
	demoRowsPerHour = 1_100
)

var (
	demoPaths     = []string{"/", "/search", "/products", "/products/lamp", "/products/chair", "/cart", "/checkout", "/help", "/api/v1/items", "/blog/2011"}
	demoCampaigns = []string{"spring", "brand", "newsletter", "retarget", "social"}
	demoCountries = []string{"DE", "FR", "US", "JP", "BR", "IN", "GB", "ZA"}
	demoPlans     = []string{"free", "team", "business"}
	demoTags      = []string{"api", "billing", "dark-mode", "export", "mobile", "sso", "teams", "webhooks"}
	demoAgents    = []string{"Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (Windows NT 6.1)", "curl/7.21", "Googlebot/2.1"}
)

// writeArchive writes the demo's files under dir unless they are there; it reports whether it wrote. The
// bytes depend on nothing but archiveVersion.
func writeArchive(ctx context.Context, dir string) (bool, error) {
	mark := filepath.Join(dir, ".archive-"+archiveVersion)
	if _, err := os.Stat(mark); err == nil {
		return false, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	start := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC)
	for h := range demoDays * 24 {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			t := start.Add(time.Duration(h) * time.Hour)
			name := filepath.Join(dir, "events", t.Format("year=2006/month=01/day=02/hour=15"), "000000_0")
			if t.Day()%3 == 0 {
				name += ".gz"
			}
			return writeFile(name, func(w *bufio.Writer) { writeEvents(w, t, demoRand(uint64(h))) })
		})
	}
	g.Go(func() error {
		return writeFile(filepath.Join(dir, "users", "000000_0"), func(w *bufio.Writer) { writeUsers(w, demoRand(1<<32)) })
	})
	g.Go(func() error {
		return writeFile(filepath.Join(dir, "signups", "signups.json"), func(w *bufio.Writer) { writeSignups(w, demoRand(2<<32)) })
	})
	g.Go(func() error {
		return writeFile(filepath.Join(dir, "access", "access.log"), func(w *bufio.Writer) { writeAccess(w, demoRand(3<<32)) })
	})
	if err := g.Wait(); err != nil {
		return false, err
	}
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		return false, diag.Errorf(diag.Config, "archive: %w", err)
	}
	return true, nil
}

func demoRand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(20111206, stream)) }

// writeFile writes one file whole: beside, then renamed.
func writeFile(name string, fill func(*bufio.Writer)) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return diag.Errorf(diag.Config, "archive: %w", err)
	}
	tmp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name))
	f, err := os.Create(tmp)
	if err != nil {
		return diag.Errorf(diag.Config, "archive: %w", err)
	}
	defer f.Close()
	var out io.Writer = f
	var z *gzip.Writer
	if strings.HasSuffix(name, ".gz") {
		z = gzip.NewWriter(f)
		out = z
	}
	w := bufio.NewWriterSize(out, 1<<20)
	fill(w)
	err = w.Flush()
	if z != nil && err == nil {
		err = z.Close()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		return diag.Errorf(diag.Limit, "archive: %w", err)
	}
	return nil
}

// zipf picks small numbers more often: the square of a uniform one.
func zipf(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * float64(n))
}

func demoIP(r *rand.Rand) string {
	n := zipf(r, 50_000)
	return fmt.Sprintf("10.%d.%d.%d", n>>8&15, n>>4&255, n&255)
}

func demoURL(r *rand.Rand) string {
	p := demoPaths[zipf(r, len(demoPaths))]
	if r.IntN(5) < 2 {
		p += fmt.Sprintf("?q=%d&page=%d", zipf(r, 500), r.IntN(9))
	}
	return p
}

func demoStatus(r *rand.Rand) int {
	switch n := r.IntN(100); {
	case n < 88:
		return 200
	case n < 92:
		return 302
	case n < 97:
		return 404
	case n < 99:
		return 500
	}
	return 503
}

func writeEvents(w *bufio.Writer, t time.Time, r *rand.Rand) {
	// Traffic has a day curve: least at 3 in the morning, most at 15.
	hour := t.Hour()
	rows := demoRowsPerHour * (4 + min((hour+21)%24, 24-(hour+21)%24)) / 9
	for i := range rows {
		at := t.Add(time.Duration(i) * time.Hour / time.Duration(rows))
		user := `\N`
		if r.IntN(6) > 0 {
			user = fmt.Sprint(zipf(r, demoUsers))
		}
		dims := "browser\x02" + demoAgents[r.IntN(len(demoAgents))] + "\x01lang\x02" + strings.ToLower(demoCountries[zipf(r, len(demoCountries))])
		if r.IntN(3) == 0 {
			dims += "\x01campaign\x02" + demoCampaigns[zipf(r, len(demoCampaigns))]
		}
		fmt.Fprintf(w, "%s\x04%s\x04%s\x04%s\x04%d\x04%d\x04%s\n", at.Format("2006-01-02 15:04:05.000"), demoIP(r), user, demoURL(r), demoStatus(r), 200+zipf(r, 60_000), dims)
	}
}

func writeUsers(w *bufio.Writer, r *rand.Rand) {
	for id := range demoUsers {
		fmt.Fprintf(w, "%d\t%s\t%s\n", id, demoCountries[zipf(r, len(demoCountries))], demoPlans[zipf(r, len(demoPlans))])
	}
}

func writeSignups(w *bufio.Writer, r *rand.Rand) {
	t := time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC)
	for id := range demoSignups {
		t = t.Add(time.Duration(r.IntN(170)) * time.Second)
		var tags []string
		for _, tag := range demoTags {
			if r.IntN(3) == 0 {
				tags = append(tags, `"`+tag+`"`)
			}
		}
		fmt.Fprintf(w, `{"id":%d,"at":"%s","who":{"name":"user %d","tags":[%s]},"plan":"%s"}`+"\n",
			id, t.Format("2006-01-02T15:04:05Z"), id, strings.Join(tags, ","), demoPlans[zipf(r, len(demoPlans))])
	}
}

func writeAccess(w *bufio.Writer, r *rand.Rand) {
	t := time.Date(2011, 12, 6, 0, 0, 0, 0, time.UTC)
	for range demoAccess {
		t = t.Add(time.Duration(r.IntN(4300)) * time.Millisecond)
		fmt.Fprintf(w, `%s - - [%s] "GET %s HTTP/1.1" %d %d "-" "%s"`+"\n",
			demoIP(r), t.Format("02/Jan/2006:15:04:05 -0700"), demoURL(r), demoStatus(r), 200+zipf(r, 90_000), demoAgents[r.IntN(len(demoAgents))])
	}
}
