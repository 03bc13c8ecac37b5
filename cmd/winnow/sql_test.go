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
