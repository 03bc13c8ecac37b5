package sys

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSpillFileHasNoName(t *testing.T) {
	dir := t.TempDir()
	f, err := Host(dir).Spill()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write([]byte("rows")); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the folder has %v", left)
	}
	b := make([]byte, 4)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "rows" {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestSpillNamesAFolderThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if _, err := Host(dir).Spill(); err == nil || !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

func TestSweepRemovesSpillFilesOnly(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"winnow-spill-1234", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("left %v", left)
	}
}
