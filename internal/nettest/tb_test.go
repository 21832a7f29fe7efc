package nettest

import "testing"

var _ TB = testing.TB(nil)
