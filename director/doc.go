// Package director decides what the kernel's IPVS table should be, and keeps
// it so.
//
// It is level-triggered. Probe results, reloads, operators and the time change a pure
// model, the pool; what the pool wants is compared with what the kernel has;
// the differences are written. A failed write, a lost event or an ipvsadm
// command typed by hand is healed by the next comparison, not by special code.
//
//	probe results ─ Report ─→ inbox ─→ pool ─ desired ─┐
//	configuration ─ Update ──────────→                 ├→ ipvs.Diff → plan → Table.Apply
//	operators ───── Override ────────→                 │
//	Table.Services ─ at start, after errors, ──→ have ─┘
//	                 every Config.Resync
//
// One virtual server is one model, however many services of the kernel it has:
// addresses, ports and protocols that share their real servers, probes and
// quorum.
//
// A service belongs to the director if it is configured or if the Ledger says
// that an earlier run or configuration created it. No other service is ever
// changed, unless Config.Exclusive claims the whole table.
//
// A service that carries traffic is never emptied on the way from one state to
// another: what served until now leaves only when the kernel has something
// that shall serve from now on, also if a part of the writes fails.
//
// An operator may drain or disable a real server, or give it another weight. Such
// an Override counts more than the configuration, and a Memory keeps it over
// restarts.
//
// A reload keeps what is known of everything that stays, and so touches nothing
// that it does not change. Preview says without a director what one would
// change.
package director
