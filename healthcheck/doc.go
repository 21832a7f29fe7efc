// Package healthcheck asks real servers whether they are healthy.
//
// A [Prober] asks one [Target] one question. An [Engine] asks the questions of
// a set of [Check] values again and again, turns the answers into a [State]
// with keepalived's rules for retries, and reports every change:
//
//	Set ──checks──▶ schedule ──due──▶ lane ──free slot──▶ probe in flight
//	                   ▲               (bounded, fair)          │ answer, deadline
//	                   └──── next time ◀── hysteresis ◀─────────┘
//	                                           └─── change of state ──▶ report
//
// One goroutine owns all of this and has one timer. A check that is not being
// asked costs memory only: no goroutine, no timer, no descriptor.
//
// # Probes
//
// What a probe in flight costs depends on its kind. The engine itself asks
// [TCP], [UDP] and [Ping], without a goroutine for each: it puts the question on
// its way, and one epoll set tells of all answers. A TCP or UDP question has a
// socket of its own; all pings of one family share one, as far as they have the
// same source, device and mark. The connection of a [Talker] is made in the same
// way, so that a target that is gone costs no goroutine. Once it stands, a
// goroutine talks. Any other Prober is a goroutine from the beginning, and a
// [Forker] is a process too; such probes connect with [Dial] and [DialUDP].
//
// The CPU time of one probe, with the kernel's and in case of TCP and ping also
// with that of the kernel that answers, over loopback on Linux 6.18 with 10,000
// targets (BenchmarkEngine; two thirds or more of it are system calls):
//
//	probes a second                       1,667     5,000
//	Ping                                  27 µs     22 µs
//	UDP                                   43 µs     28 µs
//	TCP                                   54 µs     42 µs
//	TCP, as a goroutine with Dial         63 µs     49 µs
//	Talker, one line there and back      102 µs     94 µs
//
// TCP, UDP and Ping allocate one socket address for each probe. From the reply
// that takes a target down to the report it is 11 microseconds (median, and 52
// for the 99th percentile; BenchmarkDetection). A check at rest takes 280 bytes
// in the engine and, once for all who hold it, 350 as a Check (BenchmarkMemory).
//
// # Lanes
//
// Three lanes bound what is in flight: 4,096 sockets, 512 goroutines and 128
// processes, or less if the process may have few descriptors. In each of them
// entries wait for a slot in the order in which they came due, and those that
// ran into their deadline the last time hold at most half of the slots. So a
// thousand scripts that time out at once delay other scripts, but no TCP probe
// and no talk, and servers that swallow packets delay one another. [Engine.Stats]
// tells what each lane is doing, and how late probes began.
//
// A Talker goes through two lanes, and its one deadline covers both. Waiting
// between them is this host's doing: a connection that finds no worker until
// the deadline is local trouble, and so is a talk that runs out of time after
// it has waited for more than a tenth of it. The next probe of that check waits
// first and connects then, with all of its time before it. It always gives an
// answer, so servers that accept and say nothing are found out however many
// there are.
//
// # Time
//
// The interval counts from start to start, on a grid that each check keeps for
// life. keepalived starts the interval of most checkers when the previous
// probe ends, so its period is the interval plus the time an answer takes.
// Here the rate is what the configuration says, and checks that were spread
// evenly stay so, whatever their answers take: they cannot drift into step and
// fall on the network all at once. A probe that is not over when the next one
// is due skips that one. [Engine.Hurry] asks out of turn.
//
// Checks are spread in steps of 10 milliseconds. All that fall on one step
// start together, and retries and deadlines wait for a step as well: a wake-up
// costs as much as a probe, so each serves many.
//
// # What this host can run out of
//
// Ports: sockets that are bound to a source share its ports between targets.
// Connections end with a reset, so none stays behind in TIME_WAIT. Buffers: the
// socket for pings has room for as many replies as there can be pings in
// flight, and its filter lets in nothing else. Whatever is missing all the same
// (see [ErrLocal]) says nothing about a target and changes no state.
package healthcheck
