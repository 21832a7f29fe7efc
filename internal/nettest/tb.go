package nettest

// A TB is what this package needs of a test: the part of [testing.TB] that a
// program which is no test, such as a demonstration, can also offer. As there,
// Fatalf and Skipf end the calling goroutine.
type TB interface {
	Helper()
	Name() string
	Failed() bool
	Cleanup(f func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}
