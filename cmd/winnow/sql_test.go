package main

import (
	"bytes"
	"os"
	"os/exec"
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
