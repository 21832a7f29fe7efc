// Package ipvs holds the table of the kernel's IP Virtual Server as comparable
// values, compares two such tables, and writes the difference.
//
//	have, err := client.Services(ctx)     // what the kernel forwards
//	changes := ipvs.Diff(have, want)      // pure: what has to change, in order
//	err = client.Apply(ctx, changes)      // batches of netlink messages
//
// A virtual server is a [Service], found by its [Key]: protocol, address and
// port, or a firewall mark. Its real servers are its Destinations, found by
// address and port. Everything else about them the kernel edits in place, with
// the connections kept, so Diff never deletes what it could change.
//
// # Order of a plan
//
// Diff adds first, then updates, then deletes:
//
//	new services → services that leave mh →
//	new destinations → changed services → changed destinations →
//	deleted destinations → services that become mh → deleted services
//
// Two properties of the kernel ask for it. A deleted destination stays for
// minutes on a list that every later add searches from end to end
// (ip_vs_trash_get_dest in net/netfilter/ipvs/ip_vs_ctl.c): adds after deletes
// are many times slower. And the scheduler mh rebuilds its lookup table with
// every destination and every weight: a new service is filled behind the
// scheduler "none" and switched to mh once, and one that becomes or leaves mh
// has it for as few changes as possible.
//
// Destinations are added in the order of address and port, because the order
// decides who gets a slot of mh's table that two want, and the tables must be
// alike on all directors. The order is that of the additions: a destination
// that comes back later leaves some slots (below 1 in 100 of them) different
// from those of a director that never lost it. One whose weight is 0 meanwhile
// keeps its place, and with the flag [MHFallback] nobody but its clients moves.
//
// # Tunnels and old kernels
//
// A kernel ignores attributes that it does not know: Linux before 5.2 makes IP
// in IP of every tunnel, 5.2 knows GUE but neither GRE nor checksums. What was
// read back would differ from what is wanted for ever. The kernel describes
// every destination with all tunnel attributes that it knows, so once one was
// read, [Client.Apply] refuses what the kernel lacks with [ErrOldKernel].
//
// What nothing tells is a protocol that the kernel was built without
// (CONFIG_IP_VS_PROTO_SCTP): it takes such services and forwards none of their
// packets.
//
// # Wire
//
// [Client] speaks generic netlink, family "IPVS" (include/uapi/linux/ip_vs.h).
// Up to 256 messages go to the kernel in one send, and only the last asks for
// an acknowledgement. The kernel does them in order and goes on after one that
// failed; a failed message is answered in any case, and its sequence number
// says which change it was:
//
//	send:     seq 7 NEW_SERVICE │ seq 8 NEW_DEST │ seq 9 NEW_DEST │ seq 10 NEW_DEST, ACK
//	receive:                      seq 8 error EINVAL                seq 10 error 0
//
// The kernel has neither transactions nor notifications for this table, and no
// mark of who wrote an entry. After an error the caller reads the table again
// and compares again.
package ipvs
