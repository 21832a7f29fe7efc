// Package vrrp implements the Virtual Router Redundancy Protocol: version 2 (RFC 3768, with the simple password of
// RFC 2338) and version 3 (RFC 9568) over IPv4 multicast.
//
// # Words
//
// Code, status and notify scripts use the words that operators of keepalived know. RFC 9568 has others:
//
//	here             RFC 9568                 keepalived
//	Master           Active                   MASTER
//	Backup           Backup                   BACKUP
//	Initialize       Initialize               INIT
//	Fault            (none)                   FAULT
//	VRID             VRID                     virtual_router_id
//	AdvertInterval   Advertisement_Interval   advert_int
//	down timer       Active_Down_Timer        ms_down_timer
//	advert timer     Adver_Timer              adver_int
//	owner            IP address owner         priority 255
//	NoPreempt        Preempt_Mode false       nopreempt
//
// # Parts
//
//	           Packet            Received                []Action
//	socket ──▶ Conn ──▶ check ───────────┐            ┌── Advertise ────────────────▶ Conn
//	                                     ▼            │
//	timer, links, source, shutdown ──▶ Machine.Step ──┤
//	                                                  └── addresses, Announce, Notify ──▶ worker ──▶ Host, notify
//
// [Machine] is the state machine. It is pure: time and events come in as arguments, actions go out as values, and the
// same events give the same actions. [Instance] drives it: one goroutine owns the machine, the socket and one timer;
// a second one does what the machine wants of the host. So an advertisement never waits for an address to be added,
// while the order of a takeover holds: advertisement, addresses, gratuitous ARP, notification.
//
// # Where keepalived is followed, where the RFC, and where neither
//
//   - The checksum of version 3 over IPv4 is sent with a pseudo-header, as keepalived and FRR do and demand. RFC 9568
//     section 5.2.8 leaves it out. Both forms are accepted and counted.
//   - A master that hears a losing advertisement sends its own at once (RFC 9568 section 6.4.3) and repeats its
//     gratuitous ARP (keepalived). A master that loses sends one last advertisement first, which makes the winner do
//     so: otherwise a winner that heard nothing of the loser leaves the hosts on the loser's MAC address.
//   - A differing list of addresses is counted and logged, not refused (keepalived since 2.3.3).
//   - No refused packet touches a timer. keepalived restarts the advert timer of a master for any packet with its
//     VRID, which lets a misconfigured neighbour silence it.
//   - Addresses that a crashed process left behind stay until another master is heard or this one stops. Becoming
//     master keeps them, so that a quick restart costs no client anything.
package vrrp
