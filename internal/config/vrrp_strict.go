package config

// checkStrict reports what strict_mode forbids: what the standard does not have.
// keepalived: vrrp_strict. What follows from it by itself is a default.
func (i *instance) checkStrict() {
	owner := i.out.Priority == ownerPriority
	i.decodeAccept(owner)
	if !i.strict {
		return
	}
	forbid := func(name string, when bool, why string) {
		if when && i.c.given(name) && !i.c.isWrong(name) {
			i.c.contradict(name, "strict_mode", why)
		}
	}
	isTrue := func(name string) bool { value, _ := i.c.boolean(name); return value }
	state, _ := i.c.text("state")
	repeat, _ := i.c.number("garp_lower_prio_repeat")
	forbid("state", state == "MASTER" && !owner, "By the standard the owner of the addresses alone begins as master. Write state = \"BACKUP\", or priority = 255.")
	forbid("no_virtual_ipaddress", isTrue("no_virtual_ipaddress"), "By the standard a virtual router has an address. Remove one of them.")
	forbid("unicast_peer", true, "The standard has no unicast. Remove one of them.")
	forbid("preempt_delay", i.out.PreemptDelay > 0, "The standard has no delay. Remove one of them.")
	forbid("accept", isTrue("accept") && i.out.Version == 2, "VRRP version 2 has no accept mode. Remove one of them, or use version = 3.")
	forbid("garp_lower_prio_repeat", repeat > 0, "By the standard nothing is announced then. Remove one of them.")
	forbid("lower_prio_no_advert", !isTrue("lower_prio_no_advert"), "By RFC 5798, which strict_mode means, such an advertisement is discarded. Remove one of them.")
	forbid("higher_prio_send_advert", isTrue("higher_prio_send_advert"), "By the standard such a master is silent. Remove one of them.")
	forbid("vmac_xmit_base", isTrue("vmac_xmit_base"), "By the standard advertisements come from the virtual MAC. Remove one of them.")
	forbid("owner_ignore_adverts", !isTrue("owner_ignore_adverts"), "By the standard the owner does not yield. Remove one of them.")
}

// decodeAccept reads accept and no_accept.
func (i *instance) decodeAccept(owner bool) {
	accept, written := i.c.boolean("accept")
	no, noWritten := i.c.boolean("no_accept")
	switch {
	case written && noWritten && accept == no:
		i.c.contradict("no_accept", "accept", "One is the opposite of the other. Remove one of them.")
	case noWritten:
		i.out.Master.NoAccept = no
	case written:
		i.out.Master.NoAccept = !accept
	default:
		i.out.Master.NoAccept = i.strict && !owner
	}
	if !owner || !i.out.Master.NoAccept {
		return
	}
	name := "no_accept"
	if !noWritten {
		name = "accept"
	}
	i.c.bad(name, "Contradictory arguments", "Priority 255 belongs to the owner of the addresses, which accepts packets to them. Remove %s, or lower the priority.", name)
}
