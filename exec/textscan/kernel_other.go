//go:build purego || !amd64

package textscan

func kernels() []kernel { return []kernel{portable} }
