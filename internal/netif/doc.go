// Package netif changes and watches this host's network interfaces: it adds,
// removes and announces virtual addresses, reports links that go up and down,
// and reads and writes sysctls.
//
// Everything acts in the network namespace of the calling thread.
package netif
