package notify

import (
	"slices"
	"strconv"

	"github.com/ldirector/ldirector/vrrp"
)

// Commands are what runs when a virtual router changes its state, or a group of
// them, each as program and arguments; nil means none. The words in brackets are
// keepalived's.
type Commands struct {
	Master []string // [notify_master]
	Backup []string // [notify_backup]
	Fault  []string // [notify_fault]
	Stop   []string // [notify_stop]

	// Deleted runs in place of Stop when a reload has removed the router
	// [notify_deleted].
	Deleted []string

	// HeardLower runs when a master has heard an advertisement that loses
	// [notify_master_rx_lower_pri].
	HeardLower []string

	// Conflict runs when two masters were seen, or members that disagree, and
	// when that is over. It has the arguments INSTANCE, name, CONFLICT or CLEAR,
	// and what it is.
	Conflict []string

	// Any runs after Master, Backup, Fault, Stop and Deleted, with the arguments
	// INSTANCE or GROUP, name, state and priority, which is 0 for a group
	// [notify].
	Any []string
}

// For returns the commands to run for a notice, in order. deleted says that the
// router stops because it has left the configuration.
func (c *Commands) For(n vrrp.Notice, deleted bool) [][]string {
	switch n.Kind {
	case vrrp.StateChanged:
		own, state := c.state(n.To, deleted)
		return some(own, with(c.Any, object(n), n.Name, state, priority(n)))
	case vrrp.HeardLower:
		return some(c.HeardLower)
	case vrrp.Conflict:
		return some(with(c.Conflict, object(n), n.Name, "CONFLICT", n.Text))
	case vrrp.ConflictOver:
		return some(with(c.Conflict, object(n), n.Name, "CLEAR", n.Text))
	case vrrp.PriorityChanged: // is for FIFOs alone
		return nil
	default:
		return nil
	}
}

// state returns the command for a new state, and the word for that.
func (c *Commands) state(to vrrp.State, deleted bool) (command []string, word string) {
	word = stateWord(to, deleted)
	switch {
	case to == vrrp.Master:
		return c.Master, word
	case to == vrrp.Backup:
		return c.Backup, word
	case to == vrrp.Fault:
		return c.Fault, word
	case deleted && len(c.Deleted) > 0:
		return c.Deleted, word
	default:
		return c.Stop, word
	}
}

// stateWord is keepalived's word for a state that has begun.
func stateWord(to vrrp.State, deleted bool) string {
	switch {
	case to != vrrp.Initialize:
		return to.String()
	case deleted:
		return "DELETED"
	default:
		return "STOP"
	}
}

// object is keepalived's word for what a notice is about.
func object(n vrrp.Notice) string {
	if n.Group {
		return "GROUP"
	}
	return "INSTANCE"
}

// priority is that of a notice as text.
func priority(n vrrp.Notice) string { return strconv.Itoa(int(n.Priority)) }

// with returns a command with more arguments, or nil if there is none.
func with(command []string, arguments ...string) []string {
	if len(command) == 0 {
		return nil
	}
	return slices.Concat(command, arguments)
}

// some returns the commands that there are.
func some(commands ...[]string) [][]string {
	return slices.DeleteFunc(commands, func(c []string) bool { return len(c) == 0 })
}
