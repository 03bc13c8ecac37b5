package splits

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/proto/diag"
)

// linked returns the files that the lines of lists name, each the path of a file or of a folder, as Hive's
// SymlinkTextInputFormat has it. Blank lines are passed over; what is not there is an error.
func linked(ctx context.Context, set *connectors.Set, lists []connectors.Object) ([]connectors.Object, error) {
	var out []connectors.Object
	for _, list := range lists {
		paths, err := readLines(ctx, set, list)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			store, err := set.Store(path)
			if err != nil {
				return nil, err
			}
			found := false
			base := strings.TrimSuffix(strings.TrimPrefix(path, "file://"), "/")
			for o, err := range store.List(ctx, base) {
				if err != nil {
					return nil, fmt.Errorf("list %s: %w", path, err)
				}
				found = true
				if visible(strings.TrimPrefix(strings.TrimPrefix(o.Path, base), "/")) && o.Size > 0 {
					out = append(out, o)
				}
			}
			if !found {
				return nil, diag.Errorf(diag.NotFound, "nothing is at %s, which %s names", path, list.Path).
					WithHint("a table of SymlinkTextInputFormat reads the files that its files name: put the line right")
			}
		}
	}
	return out, nil
}

// readLines returns the lines of o that are not blank.
func readLines(ctx context.Context, set *connectors.Set, o connectors.Object) (lines []string, err error) {
	store, err := set.Store(o.Path)
	if err != nil {
		return nil, err
	}
	r, err := store.OpenRange(ctx, o, 0, o.Size)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := bufio.NewScanner(r)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, s.Err()
}
