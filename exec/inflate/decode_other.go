//go:build !amd64 || purego

package inflate

// fastest is the form of decodeTwin that this machine runs best.
func fastest() func(*Reader) stop { return (*Reader).decodeTwin }
