//go:build !amd64 || purego

package textscan

func (c *Classes) classify(dst []Block, b []byte) { classifyGo(dst, b, c) }
