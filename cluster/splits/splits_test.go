package splits

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// TestPack cuts partitions of files of given sizes into splits of 100 bytes and up to three files. A split is drawn as its
// files' partitions, with the range of one that is cut.
func TestPack(t *testing.T) {
	type dir struct {
		group uint32
		sizes []int64
	}
	for _, c := range []struct {
		name string
		dirs []dir
		want []string
	}{
		{"small files share a split", []dir{{0, []int64{40, 40}}, {0, []int64{40}}}, []string{"0 0", "1"}},
		{"but not too many", []dir{{0, []int64{1, 1}}, {0, []int64{1, 1}}}, []string{"0 0 1", "1"}},
		{"a large one is cut", []dir{{0, []int64{250}}}, []string{"0[0:83]", "0[83:83]", "0[166:84]"}},
		{"a little more stays", []dir{{0, []int64{125}}}, []string{"0"}},
		{"a group is whole", []dir{{1, []int64{250, 1}}, {1, []int64{90, 1}}, {2, []int64{1}}}, []string{"0 0 1 1", "2"}},
		{"small groups share a split", []dir{{1, []int64{30}}, {2, []int64{30, 30}}, {3, []int64{30}}, {4, []int64{30}}}, []string{"0 1 1", "2 3"}},
		{"an empty group is none", []dir{{1, []int64{30}}, {2, nil}, {3, []int64{30}}}, []string{"0 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, found := &winnowpb.ScanSource{}, &Found{objects: map[string][]connectors.Object{}}
			for i, d := range c.dirs {
				at := fmt.Sprint(i)
				src.Partitions = append(src.Partitions, &winnowpb.PartitionDir{Location: at, Group: d.group})
				for _, size := range d.sizes {
					found.objects[at] = append(found.objects[at], connectors.Object{Path: at, Size: size})
				}
			}
			l, err := found.Pack(src, &winnowpb.Scan{Format: "delimited"}, Config{TargetBytes: 100, MaxFiles: 3})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range l.Splits {
				var files []string
				for _, f := range s.Files {
					text := f.Path
					if f.Length < f.Size {
						text += fmt.Sprintf("[%d:%d]", f.Offset, f.Length)
					}
					files = append(files, text)
				}
				got = append(got, strings.Join(files, " "))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
