//go:build purego || !(amd64 || arm64)

package textscan

func (c *Classes) classify(dst []Block, b []byte) { classifyGo(dst, b, c) }
