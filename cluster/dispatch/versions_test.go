package dispatch

import (
	"testing"

	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestVersions holds the scans of one table to one version of each file, and nobody else to anything.
func TestVersions(t *testing.T) {
	scans := func(tables ...string) *winnowpb.Plan {
		plan := &winnowpb.Plan{}
		for _, name := range tables {
			plan.Stages = append(plan.Stages, &winnowpb.Stage{Scans: []*winnowpb.ScanSource{{Table: name}}})
		}
		return plan
	}
	for _, c := range []struct {
		name   string
		plan   *winnowpb.Plan
		second *winnowpb.FileRange
		want   diag.Kind
	}{
		{"another split of the version", scans("t", "t"), &winnowpb.FileRange{Path: "s3://b/x", Etag: "1", Size: 5, Offset: 2}, ""},
		{"another version", scans("t", "t"), &winnowpb.FileRange{Path: "s3://b/x", Etag: "2", Size: 5}, diag.Changed},
		{"longer, without a name of the version", scans("t", "d", "t"), &winnowpb.FileRange{Path: "s3://b/x", Etag: "1", Size: 6}, diag.Changed},
		{"another file", scans("t", "t"), &winnowpb.FileRange{Path: "s3://b/y", Etag: "2", Size: 5}, ""},
		{"one scan", scans("t", "d"), &winnowpb.FileRange{Path: "s3://b/x", Etag: "2", Size: 5}, ""},
	} {
		v := newVersions(c.plan)
		if err := v.pin("t", &winnowpb.Split{Files: []*winnowpb.FileRange{{Path: "s3://b/x", Etag: "1", Size: 5}}}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := v.pin("t", &winnowpb.Split{Files: []*winnowpb.FileRange{c.second}}); diag.KindOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}
