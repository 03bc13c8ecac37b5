package datatype

import (
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
)

// unionMark is the key of the metadata of a uniontype's first field, which tells it from a struct.
const unionMark = "uniontype"

// Union returns uniontype<members>. It is stored as a struct: first the tag, a tinyint that tells which member a value has, then the
// members as tag_0, tag_1, …, of which all others are NULL.
func Union(members ...arrow.DataType) arrow.DataType {
	fields := []arrow.Field{{Name: "tag", Type: TinyInt, Nullable: true, Metadata: arrow.NewMetadata([]string{unionMark}, []string{""})}}
	for i, t := range members {
		fields = append(fields, arrow.Field{Name: "tag_" + strconv.Itoa(i), Type: t, Nullable: true})
	}
	return arrow.StructOf(fields...)
}

// UnionMembers returns the fields of the members of t; false if it is no uniontype.
func UnionMembers(t arrow.DataType) ([]arrow.Field, bool) {
	s, ok := t.(*arrow.StructType)
	if !ok || len(s.Fields()) == 0 || s.Field(0).Metadata.FindKey(unionMark) < 0 {
		return nil, false
	}
	return s.Fields()[1:], true
}

// HasUnion reports whether t is a uniontype or has one inside. Such values cannot be compared or written.
func HasUnion(t arrow.DataType) bool { return strings.Contains(Name(t), unionMark+"<") }
