// Package director decides what the kernel's IPVS table should be, and keeps
// it so.
//
// It is level-triggered. Probe results change a pure model, the pool; what the
// pool wants is compared with what the kernel has; the differences are written.
// A failed write, a lost event or an ipvsadm command typed by hand is healed
// by the next comparison, not by special code.
//
//	probe results ─ Report ─→ inbox ─→ pool ─ desired ─┐
//	                                                   ├→ ipvs.Diff → plan → Table.Apply
//	Table.Services ─ at start, after errors, ──→ have ─┘
//	                 every Config.Resync
//
// A service belongs to the director if it is configured or if the Ledger says
// that an earlier run created it. No other service is ever changed.
//
// A service that carries traffic is never emptied on the way from one state to
// another: what served until now leaves only when the kernel has something
// that shall serve from now on, also if a part of the writes fails.
package director
