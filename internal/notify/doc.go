// Package notify tells the outside world what happened: by running commands, as
// keepalived's notify_master and its relatives do, and by lines in a FIFO, as its
// notify_fifo does.
//
// The commands of one object, a VRRP instance for example, run one after the
// other in the order of the events; those of different objects run at the same
// time. So a script never overtakes an earlier one of its object, and a script
// that hangs delays its own object alone.
//
// A FIFO has the lines of all objects in the order of the events. If nobody
// reads them, the latest are lost, and nothing else happens.
package notify
