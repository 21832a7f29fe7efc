package alert

import "github.com/ldirector/ldirector/internal/api"

// A Choice says whose changes are worth a mail (keepalived: smtp_alert).
type Choice struct {
	// These are for those that say nothing: VRRP instances and groups, virtual
	// servers, real servers.
	VRRP, VirtualServers, RealServers bool
	// NoFaults leaves the state FAULT out (keepalived: no_email_faults).
	NoFaults bool
	// Said is what the others say.
	Said map[Object]bool
}

// An Object is something that has a smtp_alert: a VRRP instance, a sync group, a
// virtual server, or a real server of one.
type Object struct {
	Instance, Group           string
	VirtualServer, RealServer string
}

// wants reports whether there is mail for an event. As in keepalived, a virtual
// server is about its quorum and a real server about its health. What concerns
// the director as a whole is worth a mail if somebody should look.
func (c Choice) wants(e api.Event) bool {
	switch e.Kind {
	case "real_server_up", "real_server_has_a_warning", "real_server_has_no_warning_any_more":
		return c.say(Object{VirtualServer: e.VirtualServer, RealServer: e.RealServer}, c.RealServers)
	case "real_server_down": // without a warning it only leaves
		return e.Warning && c.say(Object{VirtualServer: e.VirtualServer, RealServer: e.RealServer}, c.RealServers)
	case "quorum_gained":
		return c.say(Object{VirtualServer: e.VirtualServer}, c.VirtualServers)
	case "quorum_lost", "quorum_not_reached":
		return e.Warning && c.say(Object{VirtualServer: e.VirtualServer}, c.VirtualServers)
	case "vrrp_state":
		return (!e.Warning || !c.NoFaults) && c.say(Object{Instance: e.Instance}, c.VRRP)
	case "vrrp_sync_group_state":
		return (!e.Warning || !c.NoFaults) && c.say(Object{Group: e.Instance}, c.VRRP)
	case "vrrp_conflict", "vrrp_conflict_over":
		return c.say(Object{Instance: e.Instance}, c.VRRP)
	case "sorry_server_in": // the quorum says it
		return false
	default:
		return e.Warning
	}
}

// say is what an object says, or else what holds for those that say nothing.
func (c Choice) say(o Object, otherwise bool) bool {
	if said, ok := c.Said[o]; ok {
		return said
	}
	return otherwise
}
