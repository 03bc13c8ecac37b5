//go:build !linux && !darwin

package main

// reservable reports that memory counts from when it is taken.
func reservable() bool { return false }
