package main

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

// TestMistakenFlags starts winnow with mistakes: each is told before anything is begun, with what to do (K1, K2, K3, K7, K8).
func TestMistakenFlags(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.MkdirAll(broken, 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := brokenCatalog(dir, broken)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := []string{"--flight", "127.0.0.1:0", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--rpc", "127.0.0.1:0"}
	serve := func(more ...string) []string {
		return append(append([]string{"serve", "--warehouse", filepath.Join(dir, "w")}, free...), more...)
	}
	sql := func(more ...string) []string {
		return append([]string{"sql", "--warehouse", filepath.Join(dir, "w"), "-e", "select 1"}, more...)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{sql("--memry", "1GiB"), "memry"},
		{sql("--memory", "64MBs"), "64MBs"},
		{sql("--memory", "-1GiB"), "-1GiB"},
		{sql("--slots", "two"), "two"},
		{sql("--time-zone", "Europe/Berlim"), `no time zone "Europe/Berlim"`},
		{sql("--spill-dir", filepath.Join(dir, "nowhere")), "is not a folder"},
		{sql("--warehouse", broken), names},
		{serve("--role", "master"), "master"},
		{serve("--rpc", taken.Addr().String()), "another process may hold the port"},
		{serve("--flight", taken.Addr().String()), "another process may hold the port"},
		{serve("--http", taken.Addr().String()), "another process may hold the port"},
		{serve("--gossip", taken.Addr().String()), taken.Addr().String()},
		{serve("--rpc", "no.such.host.invalid:1"), "no.such.host.invalid"},
		{[]string{"sqll"}, "sqll"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		root := rootCommand()
		root.SetArgs(c.args)
		begun := time.Now()
		err := root.ExecuteContext(ctx)
		cancel()
		text := ""
		if err != nil {
			text = describe(err)
		}
		var usage *usageError
		if kind := diag.KindOf(err); !strings.Contains(text, c.want) || kind != diag.Config && !errors.As(err, &usage) {
			t.Errorf("%s: got %s %q, want CONFIG with %q", strings.Join(c.args, " "), kind, text, c.want)
		}
		if exitCode(err) != 2 || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: exit code %d after %v", strings.Join(c.args, " "), exitCode(err), time.Since(begun))
		}
	}
}

// brokenCatalog makes a warehouse with a half-written catalog in folder, and returns the name of its file.
func brokenCatalog(dir, folder string) (string, error) {
	f := engineFlags{warehouse: filepath.Join(dir, "good"), memory: "64MiB", timeZone: "UTC", slots: 1}
	e, err := f.engine(cluster{})
	if err != nil {
		return "", err
	}
	conn := e.connect()
	defer closeConn(conn)
	if _, _, err := rowsOf(conn, "create table t (a int)"); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "good", "*.db"))
	if err != nil || len(files) != 1 {
		files, err = filepath.Glob(filepath.Join(dir, "good", ".*"))
	}
	if err != nil || len(files) == 0 {
		return "", errors.New("where is the catalog?")
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, filepath.Base(files[0]))
	return filepath.Base(name), os.WriteFile(name, data[:len(data)/3], 0o644)
}

// TestLongStatements are at the limits of length and depth (S5, S6).
func TestLongStatements(t *testing.T) {
	f := engineFlags{warehouse: t.TempDir(), memory: "256MiB", timeZone: "UTC", slots: 2}
	e, err := f.engine(cluster{})
	if err != nil {
		t.Fatal(err)
	}
	conn := e.connect()
	defer closeConn(conn)
	for _, c := range []struct {
		name, sql string
		want      diag.Kind
	}{
		{"a literal of 64 MB", "select '" + strings.Repeat("x", 64<<20) + "'", diag.Limit},
		{"400 parentheses", "select " + strings.Repeat("(", 400) + "1" + strings.Repeat(")", 400), ""},
		{"200,000 parentheses", "select " + strings.Repeat("(", 200_000) + "1" + strings.Repeat(")", 200_000), diag.Limit},
		{"10,000 NOT", "select " + strings.Repeat("not ", 10_000) + "true", diag.Limit},
		{"10,000 -", "select " + strings.Repeat("- ", 10_000) + "1", diag.Limit},
		{"20,000 OR", "select 1 = 0" + strings.Repeat(" or 1 = 0", 20_000), ""},
		{"IN of 100,000", "select 5 in (1" + strings.Repeat(", 2", 100_000) + ")", ""},
	} {
		begun := time.Now()
		_, _, err := rowsOf(conn, c.sql)
		if got := diag.KindOf(err); got != c.want {
			text := ""
			if err != nil {
				text = err.Error()
			}
			t.Errorf("%s: got %.200s, want %q", c.name, text, c.want)
		}
		if took := time.Since(begun); c.want == diag.Limit && took > 2*time.Second || took > 20*time.Second {
			t.Errorf("%s: took %v", c.name, took)
		}
	}
}
