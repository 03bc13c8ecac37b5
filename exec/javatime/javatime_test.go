package javatime

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/exec/datatype"
)

// readTable returns the lines of a table of testdata, which Table.java made, split at tabs.
func readTable(t *testing.T, file string) [][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "#") {
			out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
	}
	return out
}

func compile(kind, pattern string) (*Format, error) {
	if kind == "simple" {
		return NewSimple(pattern)
	}
	return New(pattern)
}

func TestFormatAsJava(t *testing.T) {
	for _, row := range readTable(t, "format.tsv") {
		kind, pattern, zoneName, at, want := row[0], row[1], row[2], row[3], row[4]
		f, err := compile(kind, pattern)
		if want == "ERR" || err != nil {
			if (err != nil) != (want == "ERR") {
				t.Errorf("%s %q: error %v, want %s", kind, pattern, err, want)
			}
			continue
		}
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := LoadZone(zoneName)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.Append(nil, when.Unix(), int32(when.Nanosecond()), zone)); got != want {
			t.Errorf("%s %q of %s in %s: %q, want %q", kind, pattern, at, zoneName, got, want)
		}
	}
}

func TestParseAsJava(t *testing.T) {
	zone, err := LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range readTable(t, "parse.tsv") {
		kind, text, pattern, want := row[0], row[1], row[2], row[3]
		switch sec, _ := strconv.ParseInt(strings.Split(want, ".")[0], 10, 64); {
		case kind == "simple" && sec < -12_219_292_800, kind == "simple" && pattern == "yyyy-MM-dd hh a HH":
			continue // the Julian calendar before 1582-10-15; of two fields that disagree the last counts
		case sec > datatype.MaxSecond, sec < datatype.MinSecond:
			want = "NULL"
		}
		f, err := compile(kind, pattern)
		if err != nil {
			t.Errorf("%s %q: %v", kind, pattern, err)
			continue
		}
		got := "NULL"
		if sec, nano, ok := f.Parse([]byte(text), zone); ok {
			got = fmt.Sprintf("%d.%d", sec, nano)
		}
		if got != want {
			t.Errorf("%s %q of %q: %s, want %s", kind, pattern, text, got, want)
		}
	}
}

func TestLoadZone(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset int // in July, in minutes
	}{
		{"America/New_York", -240}, {"PST", -420}, {"EST", -300}, {"MST", -420}, {"HST", -600}, {"CST", -300}, {"IST", 330}, {"BST", 360},
		{"JST", 540}, {"CET", 120}, {"EST5EDT", -240}, {"GMT+3", 180}, {"UTC-03:30", -210}, {"+05:30", 330}, {"-0800", -480}, {"Z", 0}, {"UTC", 0}, {"Etc/GMT+3", -180},
	} {
		zone, err := LoadZone(c.name)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if _, got := time.Date(2020, 7, 1, 12, 0, 0, 0, time.UTC).In(zone).Zone(); got != c.offset*60 {
			t.Errorf("%s: offset %d s, want %d min", c.name, got, c.offset)
		}
	}
	for _, bad := range []string{"", "Local", "PDT", "nowhere", "GMT+", "+25:00", "../etc/passwd", "GMT+3x"} {
		if _, err := LoadZone(bad); err == nil {
			t.Errorf("LoadZone(%q) gave no error", bad)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "2020-01-05T10:00:00.123+01:00")
	f.Add("EEE, dd MMM yyyy hh:mm a zzzz", "Wed, 01 Jan 2020 10:00 PM Pacific Standard Time")
	f.Add("%Y-%m-%d %H:%M:%S.%f%z", "2020-01-05 10:00:00.5+0100")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || len(text) > 200 {
			return
		}
		for _, compile := range []func(string) (*Format, error){New, NewSimple, NewPercent, NewMySQL} {
			format, err := compile(pattern)
			if err != nil {
				continue
			}
			if sec, nano, ok := format.Parse([]byte(text), time.UTC); ok {
				if sec < datatype.MinSecond-86400 || sec > datatype.MaxSecond+86400 || nano < 0 || nano > 999_999_999 {
					t.Errorf("%q of %q is %d.%d", pattern, text, sec, nano)
				}
				format.Append(nil, sec, nano, time.UTC)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	f, err := New("yyyy-MM-dd HH:mm:ss")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = f.Append(buf[:0], 1578231845, 0, time.UTC)
	}
}

func BenchmarkParse(b *testing.B) {
	f, err := New("dd/MMM/yyyy:HH:mm:ss Z")
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("10/Oct/2000:13:55:36 -0700")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := f.Parse(text, time.UTC); !ok {
			b.Fatal("not read")
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		pattern, text, want string
		mysql               bool
	}{
		{"%Y-%m-%d", "2020-01-05", "2020-01-05 00:00:00", false},
		{"%Y-%m-%d", "2020-1-5", "2020-01-05 00:00:00", false},
		{"%Y-%m-%d", "2020-02-30", "NULL", false},
		{"%Y-%m-%d %H:%M:%S.%f", "2020-01-05 10:11:12.5", "2020-01-05 10:11:12.5", false},
		{"%d/%b/%Y:%T %z", "10/Oct/2000:13:55:36 -0700", "2000-10-10 20:55:36", false},
		{"%d/%B/%Y:%T%z", "10/Oct/2000:13:55:36Z", "2000-10-10 13:55:36", false},
		{"%b %d %H:%M", "Jan 5 10:11", "1900-01-05 10:11:00", false},
		{"%I:%M %p", "10:11 pm", "1900-01-01 22:11:00", false},
		{"%Y%j", "2020366", "2020-12-31 00:00:00", false},
		{"%Y-%m-%d %H:%i:%s", "2020-01-05 10:11:12", "2020-01-05 10:11:12", true},
		{"%W %M %e %Y", "Sunday January 5 2020", "2020-01-05 00:00:00", true},
		{"%H:%i", "10:11", "1970-01-01 10:11:00", true},
	} {
		compile := NewPercent
		if c.mysql {
			compile = NewMySQL
		}
		f, err := compile(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		got := "NULL"
		if sec, nano, ok := f.Parse([]byte(c.text), time.UTC); ok {
			got = string(datatype.AppendTimestamp(nil, datatype.TimestampOf(sec, nano)))
		}
		if got != c.want {
			t.Errorf("%q of %q: %s, want %s", c.pattern, c.text, got, c.want)
		}
	}
	f, err := NewPercent("%Y-%m-%d %H:%M:%S.%f %a %A %b %B %-d %j %y %I%p %z %%")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(f.Append(nil, 1578231845, 678_000_000, time.UTC)), "2020-01-05 13:44:05.678000 Sun Sunday Jan January 5 005 20 01PM +0000 %"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
