// Package vrrp implements the Virtual Router Redundancy Protocol: version 2 (RFC 3768, with the simple password of
// RFC 2338) and version 3 (RFC 9568), over IPv4 and IPv6, multicast and unicast, with what operators of keepalived expect
// beside the protocol: trackers, groups, faults, and commands.
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
//	          Packet             Received                   []Action
//	sockets ──▶ Network ─▶ check ───────────┐            ┌── Advertise ──────────────────▶ Conn
//	                                        ▼            │
//	timers, interfaces, trackers, ──▶ group, Machine.Step ──┤
//	commands, claims                                     └── addresses, Announce, Probe, Notify ──▶ worker ──▶ Host, notices
//
// [Machine] is the state machine of one virtual router. It is pure: time and events come in as arguments, actions go out
// as values, and the same events give the same actions. A group makes several of them change together.
//
// [Driver] drives all virtual routers of a host from one goroutine, which owns the machines and the [Network] and should
// have a thread of its own. For each router a second goroutine does what the machine wants of the [Host]. So an
// advertisement never waits for an address to be added, while the order of a takeover holds: advertisement, addresses,
// gratuitous ARP, notification.
//
// # Where keepalived is followed, where the RFC, and where neither
//
//   - The checksum of version 3 over IPv4 is sent with a pseudo-header, as keepalived and FRR do and demand. RFC 9568
//     section 5.2.8 leaves it out. Both forms are accepted and counted.
//   - A master that hears a losing advertisement sends its own at once (RFC 9568 section 6.4.3) and repeats its
//     gratuitous ARP (keepalived). A master that loses sends one last advertisement first, which makes the winner do
//     so: otherwise a winner that heard nothing of the loser leaves the hosts on the loser's MAC address.
//   - A master that leaves, yields or has a fault keeps its addresses until its successor has announced them (make before
//     break). keepalived removes them at once, and nobody answers for the successor's skew.
//   - Announcements are spread over a second, in the form of requests and replies; keepalived sends five at once and five
//     after five seconds. A master announces again when another host claims an address.
//   - A differing list of addresses is told of, not refused (keepalived since 2.3.3).
//   - No refused packet touches a timer. keepalived restarts the advert timer of a master for any packet with its
//     VRID, which lets a misconfigured neighbour silence it.
//   - Addresses that a crashed process left behind stay until another master is heard or this one stops. Becoming
//     master keeps them, so that a quick restart costs no client anything.
//   - A loop that wakes late drains its sockets first, and grants the master one more interval. A nopreempt master that
//     slept for longer than others wait lets the one that has taken over go on (keepalived: timer_expired_backup).
//   - Trackers with weight change the priority at once, and a master tells it at once.
package vrrp
