package netif

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What the kernel tells is taken for what it is, but never trusted with a length.
func FuzzParseKernelMessages(f *testing.F) {
	for _, o := range []object{
		address("10.0.0.1/24", "eth0"), address("fd00::1/128", "eth0"),
		Route{Destination: address("10.0.0.0/8", "").Prefix, MTU: 1400}, Rule{Table: 7},
	} {
		m, err := o.add(links{"eth0": {index: 3}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.body)
		f.Add(m.body[:unix.SizeofIfAddrmsg-1])
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parseLink(b)
		_, _ = parseAssigned(b)
		_, _ = parseRoute(b)
		_, _ = parseRule(b)
	})
}
