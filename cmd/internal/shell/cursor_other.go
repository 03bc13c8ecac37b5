//go:build !unix

package shell

// reportsCursor takes it that the terminal tells where its cursor is.
func reportsCursor() (answers bool, typed []byte) { return true, nil }
