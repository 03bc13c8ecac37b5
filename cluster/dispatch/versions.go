package dispatch

import (
	"sync"

	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// versions holds the scans of one query that read the same table to the same versions of its files: each scan has a
// listing of its own, and a file may be replaced between two of them.
type versions struct {
	shared map[string]bool // tables that more than one scan reads

	mu    sync.Mutex
	files map[string]version
}

// version is what tells one version of a file from another.
type version struct {
	etag          string
	size, modTime int64
}

func newVersions(plan *winnowpb.Plan) *versions {
	v := &versions{shared: map[string]bool{}, files: map[string]version{}}
	seen := map[string]bool{}
	for _, s := range plan.Stages {
		for _, src := range s.Scans {
			v.shared[src.Table] = seen[src.Table]
			seen[src.Table] = true
		}
	}
	return v
}

// pin notes which versions split reads of table's files; CHANGED if another scan reads others.
func (v *versions) pin(table string, split *winnowpb.Split) error {
	if !v.shared[table] {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range split.Files {
		now := version{f.Etag, f.Size, f.ModTimeUnixNanos}
		if before, ok := v.files[f.Path]; ok && before != now {
			return diag.Errorf(diag.Changed, "%s has changed while the query listed it twice", f.Path).WithHint("run the statement again")
		}
		v.files[f.Path] = now
	}
	return nil
}
