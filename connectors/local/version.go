package local

import (
	"io/fs"
	"strconv"
	"strings"
)

// version tells one version of a file from others: a file that was replaced, cut or written over has another one.
type version struct {
	size     int64
	modified int64  // nanoseconds since 1970
	inode    uint64 // 0 where files have none
	regular  bool
}

func versionOf(info fs.FileInfo) version {
	return version{info.Size(), info.ModTime().UnixNano(), inode(info), info.Mode().IsRegular()}
}

// etag is the version as text.
func (v version) etag() string {
	b := strconv.AppendInt(make([]byte, 0, 64), v.size, 16)
	b = strconv.AppendInt(append(b, '-'), v.modified, 16)
	return string(strconv.AppendUint(append(b, '-'), v.inode, 16))
}

// sameInode reports whether tag, made by etag, is of the same file, whatever its size and time.
func (v version) sameInode(tag string) bool {
	return v.inode != 0 && strings.HasSuffix(tag, "-"+strconv.FormatUint(v.inode, 16))
}
