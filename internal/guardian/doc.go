// Package guardian runs VRRP in a process of its own, which is a child of the
// daemon and of the same program. So the timing of advertisements depends
// neither on the daemon's probes nor on its reloads and its garbage, and when
// the daemon crashes its virtual addresses are handed over, or kept for the
// daemon that is started next.
//
//	daemon                              VRRP process
//	Client ──── socketpair ────────────▶ server ──▶ Engine ──▶ vrrp.Driver
//	       ◀─── notices, log records ───           │
//	next daemon ── state directory/vrrp.sock ──▶ Leave
//
// [Engine] is VRRP with all that it needs of the host. [Client] has the same
// methods and is what the daemon uses; it starts the process and starts it again
// if it dies. [Start] chooses between the two.
//
// # How it ends
//
//   - Stop: masters hand over, their addresses go, the process exits.
//   - The daemon is gone without a Stop: masters hand over at once, but keep their
//     addresses for as long as nobody takes over; then the process exits.
//   - Leave: the daemon ends and masters go on, for the daemon that is started next.
//     If none comes in time, it is as if the daemon had crashed then.
//   - A new daemon comes before that: it makes the process leave the host as it is
//     and goes on with the same masters. Nothing moves.
//   - The process is gone, or hangs and is killed: the daemon starts another one, which
//     goes on with the masters of the first if nobody can have taken over meanwhile.
//
// VRRP never waits for the daemon: what a daemon does not read is dropped beyond a
// bound, log records before notices, and counted.
//
// Everything acts in the network namespace of the calling process. Sockets are
// opened when they are needed, from any thread, so that the whole process has to
// be in the namespace.
package guardian
