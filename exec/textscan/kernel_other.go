//go:build purego || !(amd64 || arm64)

package textscan

func kernels() []kernel { return []kernel{portable} }
