// A library in Go: Python imports what it exports.
package main

//go:wasmexport sum
func sum(a, b int32) int32 {
	return a + b
}

// A library has a main, too, and never calls it.
func main() {}
