// Package realserver prepares a host as a back-end of DR and TUN services, and
// undoes exactly what it did.
//
// A director in the modes DR and TUN forwards packets whose destination is
// still the virtual address. The back-end must take them as its own, and yet
// must never answer ARP for that address, or clients would bypass the director:
//
//	VIP/32 on lo                    the packets are for this host
//	arp_ignore 1 on lo and all      no ARP reply for addresses of another interface
//	arp_announce 2 on lo and all    no ARP request that tells the VIP as its sender
//
// Only IPv4 needs the sysctls: in IPv6 the kernel answers neighbour
// solicitations for addresses of the receiving interface only.
//
// Back-ends of TUN services also need the tunnel device that unpacks what the
// director sends, tunl0 for IPv4 and ip6tnl0 for IPv6, set up. On tunl0 reverse
// path filtering must not be strict, because clients are not routed through it.
// The effective value is the larger one of conf/all and conf/tunl0, so rp_filter
// 2 (loose) on tunl0 does it whatever conf/all says, and no other interface loses
// its filter. In loose mode the kernel drops what comes in by an interface
// without an IPv4 address (__fib_validate_source in net/ipv4/fib_frontend.c):
// therefore the VIP is on tunl0 too.
//
// # What is remembered
//
// Up writes down what it is about to change before it does. With that record,
// a file that a reboot removes together with the settings, Down takes back
// what Up did and no more:
//
//   - An address that was there before is left there.
//   - A sysctl gets its previous value, unless it no longer has the value that
//     Up gave it: then somebody else wants it so, and it is left. If Up is
//     called once more, it sets the sysctl again, and what it found then is what
//     Down puts back.
//   - A tunnel device that was down is set down, and one that did not exist is
//     removed, but for the one that the kernel's module brings along; the module
//     stays loaded.
//
// Both can be repeated, and called after a failure or a crash half-way: what is
// done is left, what is missing is done.
package realserver
