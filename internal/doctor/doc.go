// Package doctor finds what breaks LVS and VRRP on a host: settings of the
// kernel, addresses, routes, firewall rules and other programs that do not fit
// the configuration.
//
//	config.Config ─▶ NeedsOf ─▶ Needs ──┐
//	                              │     ├─▶ Examine ─▶ Report
//	this host ─────▶ Gather ◀─────┘     │
//	                   └──────▶ Facts ──┘
//
// [Gather] looks at the host and changes nothing on it; it asks the network who
// has the addresses, as ARP does anyway. Everything else is pure.
package doctor
