// Package nettest gives tests Linux network namespaces to play in.
//
// A test first says what it needs, then builds its network:
//
//	nettest.Require(t, nettest.NetNS)
//	lan := nettest.NewLAN(t, "lan")
//	a, b := nettest.New(t, "a"), nettest.New(t, "b")
//	port := lan.Connect(a, "eth0", netip.MustParsePrefix("10.0.0.1/24"))
//	lan.Connect(b, "eth0", netip.MustParsePrefix("10.0.0.2/24"))
//	lan.Cut(port)
//
// Everything is removed when the test ends, together with the processes that
// still run in the namespaces. Nothing outside the namespaces is changed.
//
// The environment variable LDIRECTOR_REQUIRE turns skips into failures, see
// [Require].
package nettest
