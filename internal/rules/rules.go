// Package rules holds the shape of the program, as tests over "go list": which package may import which, and why. It has no code.
package rules
