// Command empty is a Go program that does nothing: what it takes to instantiate
// and run it is the least that any program of this size of runtime takes.
package main

func main() {}
