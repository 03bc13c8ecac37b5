package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the tests run the program itself.
func TestMain(m *testing.M) {
	if os.Getenv("WINNOW_TEST_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestStdioJSONSettings: --set and --database hold in the machine mode too, and leave no line of their own.
func TestStdioJSONSettings(t *testing.T) {
	cmd := exec.Command(os.Args[0], "sql", "--stdio-json", "--warehouse", t.TempDir(), "--database", "default",
		"--set", "hive.strict.timestamp.conversion=false")
	cmd.Env = append(os.Environ(), "WINNOW_TEST_MAIN=1")
	cmd.Stdin = strings.NewReader(`{"sql": "select cast(cast(86400000 as timestamp) as date)"}` + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want := `{"columns":["_c0"],"types":["date"],"rows":[["1970-01-02"]]}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestStdioJSONValues: cells are what Hive prints, a point in time by the session's clock, and valid JSON whatever the bytes.
func TestStdioJSONValues(t *testing.T) {
	cmd := exec.Command(os.Args[0], "sql", "--stdio-json", "--warehouse", t.TempDir(), "--set", "hive.local.time.zone=America/New_York")
	cmd.Env = append(os.Environ(), "WINNOW_TEST_MAIN=1")
	cmd.Stdin = strings.NewReader(strings.Join([]string{
		`{"sql": "select cast(timestamp '2020-07-01 12:00:00' as timestamp with local time zone) t, cast(null as int) n"}`,
		`{"sql": "select array('a\"b', '\\n') a, 'é<' b, unhex('ff41') c, 1.50 d from (values (1), (2)) v"}`,
		`{"sql": "select nothing"}`,
		`nonsense`,
	}, "\n"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	row := `["[\"a\\\"b\",\"\\n\"]","é<","\ufffdA","1.5"]`
	want := strings.Join([]string{
		`{"columns":["t","n"],"types":["timestamp with local time zone","int"],"rows":[["2020-07-01 12:00:00.0 America/New_York",null]]}`,
		`{"columns":["a","b","c","d"],"types":["array<string>","string","binary","decimal(2,1)"],"rows":[` + row + "," + row + `]}`,
		`{"error":"UNKNOWN: no column \"nothing\""}`,
		`{"error":"PROTOCOL: a line must be {\"sql\": \"…\"}: invalid character 'o' in literal null (expecting 'u')"}`,
	}, "\n") + "\n"
	if got := out.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestShellOnly: a file of SOURCE runs with its settings, !command runs, and a file that runs itself is told.
func TestShellOnly(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.sql":    "set hivevar:who=ann;\nsource " + dir + "/b.sql;",
		"b.sql":    "select '${who}';",
		"self.sql": "source " + dir + "/self.sql;",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(text string) (stdout, stderr string, err error) {
		cmd := exec.Command(os.Args[0], "sql", "--quiet", "--format", "tsv2", "--warehouse", filepath.Join(dir, "w"), "-e", text)
		cmd.Env = append(os.Environ(), "WINNOW_TEST_MAIN=1")
		var out, msg bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &msg
		err = cmd.Run()
		return out.String(), msg.String(), err
	}
	out, msg, err := run("SOURCE " + dir + "/a.sql; !echo of the system; select '${who} again'")
	if !strings.Contains(out, "ann\n") || !strings.Contains(out, "ann again\n") || !strings.Contains(msg, "of the system\n") || err != nil {
		t.Errorf("got %q, %q, %v", out, msg, err)
	}
	for text, want := range map[string]string{
		"source '" + dir + "/self.sql'": "self.sql is named by files in each other more than 40 deep",
		"source " + dir + "/none.sql":   "none.sql: no such file",
	} {
		if _, msg, err := run(text); !strings.Contains(msg, want) || err == nil {
			t.Errorf("%s: got %q, %v", text, msg, err)
		}
	}
}
