// Package notify runs the commands that tell the outside world what happened,
// as keepalived's notify_master and its relatives do.
//
// The commands of one object, a VRRP instance for example, run one after the
// other in the order of the events; those of different objects run at the same
// time. So a script never overtakes an earlier one of its object, and a script
// that hangs delays its own object alone.
package notify
