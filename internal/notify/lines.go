package notify

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/vrrp"
)

// RouterLine returns the line that keepalived writes to a FIFO for a notice,
// INSTANCE "VI_1" MASTER 150 for example. ok is false if it writes none. deleted
// says that the router stops because it has left the configuration. Changes of
// priority are for those who ask for them (notify_priority_changes). A name stands
// in it as it is: keepalived escapes nothing.
func RouterLine(n vrrp.Notice, deleted bool) (line string, ok bool) {
	var state string
	switch n.Kind {
	case vrrp.StateChanged:
		state = stateWord(n.To, deleted)
	case vrrp.HeardLower:
		state = "MASTER_RX_LOWER_PRI"
	case vrrp.PriorityChanged:
		state = n.To.String() + "_PRIORITY"
	case vrrp.Conflict, vrrp.ConflictOver:
		return "", false
	}
	return fmt.Sprintf("%s \"%s\" %s %d", object(n), n.Name, state, n.Priority), true
}

// ServiceLine returns the line that keepalived writes to a FIFO for an event of
// the director: VS [192.0.2.1]:tcp:80 UP or RS [10.0.0.1]:tcp:80
// [192.0.2.1]:tcp:80 DOWN. ok is false if it writes none. A virtual server with
// several services is written as one with a virtual_server_group, by its name.
//
// keepalived ends these lines with a NUL character, and this does not.
func ServiceLine(e director.Event) (line string, ok bool) {
	service := serviceText(e)
	switch e.Kind {
	case director.ServerUp:
		return "RS " + serverText(e) + " " + service + " UP", true
	case director.ServerDown:
		return "RS " + serverText(e) + " " + service + " DOWN", true
	case director.QuorumGained:
		return "VS " + service + " UP", true
	case director.QuorumLost, director.QuorumMissing:
		return "VS " + service + " DOWN", true
	case director.SorryServerIn, director.SorryServerOut,
		director.ServerWarning, director.ServerWarningOver, director.ServerWeight,
		director.ServerDrains, director.ServerDrained, director.ServerDisabled, director.ServerEnabled, director.ServerWeightSet,
		director.ServiceRepaired, director.ServiceContested, director.ServiceLeftAlone:
	}
	return "", false
}

// serviceText is the virtual server of an event (keepalived: format_vs).
func serviceText(e director.Event) string {
	switch {
	case len(e.Keys) != 1:
		return "[" + e.VirtualServer + "]:0"
	case e.Keys[0].FWMark != 0:
		return fmt.Sprintf("FWM %d", e.Keys[0].FWMark)
	default:
		return socketText(netip.AddrPortFrom(e.Keys[0].Addr, e.Keys[0].Port), e.Keys[0].Protocol)
	}
}

// serverText is the real server of an event (keepalived: format_rs). Its port 0
// stands for that of the service, if there is one.
func serverText(e director.Event) string {
	if len(e.Keys) == 0 {
		return socketText(e.RealServer, 0)
	}
	addr := e.RealServer
	if addr.Port() == 0 && len(e.Keys) == 1 {
		addr = netip.AddrPortFrom(addr.Addr(), e.Keys[0].Port)
	}
	return socketText(addr, e.Keys[0].Protocol)
}

// socketText is [192.0.2.1]:tcp:80, with "none" for the protocol of a firewall
// mark (keepalived: inet_sockaddrtotrio).
func socketText(addr netip.AddrPort, p ipvs.Protocol) string {
	protocol := "none"
	if p != 0 {
		protocol = strings.ToLower(p.String())
	}
	return fmt.Sprintf("[%s]:%s:%d", addr.Addr(), protocol, addr.Port())
}
