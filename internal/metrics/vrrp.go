package metrics

import (
	"strconv"

	"github.com/ldirector/ldirector/vrrp"
)

// vrrpSources tell of virtual routers.
func vrrpSources() []source {
	instance := []string{"vrrp_instance"}
	return []source{
		{family{"ldirector_vrrp_up", gauge, nil, "1 if virtual routers could be asked. Otherwise they are missing here."},
			func(s *Snapshot, c *collected) { c.add(truth(s.VRRPErr == nil)) }},
		{family{"ldirector_vrrp_instance_info", gauge, []string{"vrrp_instance", "interface", "virtual_router_id", "version"}, "1, for what an instance is."},
			eachRouter(func(r *vrrp.Status, c *collected) {
				c.add(1, r.Name, r.Interface, strconv.Itoa(int(r.VRID)), strconv.Itoa(r.Version))
			})},
		{family{"ldirector_vrrp_state", gauge, []string{"vrrp_instance", "state"}, "1 for the state that an instance is in, 0 for the others."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.state(r.State, r.Name) })},
		{family{"ldirector_vrrp_last_transition_timestamp_seconds", gauge, instance, "When an instance last changed its state."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.moment(r.Since, r.Name) })},
		{family{"ldirector_vrrp_became_master_total", counter, instance, "How often an instance became master."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.BecameMaster, r.Name) })},
		{family{"ldirector_vrrp_priority", gauge, instance, "Effective priority."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.add(float64(r.Priority), r.Name) })},
		{family{"ldirector_vrrp_released", gauge, instance, "1 if an instance does not preempt, since a command or the loss of an address."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.add(truth(r.Released), r.Name) })},
		{family{"ldirector_vrrp_conflicts", gauge, instance, "Signs that the members do not agree on who is master; ldirector status has them in words."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.add(float64(len(r.Conflicts)), r.Name) })},
		{family{"ldirector_vrrp_adverts_sent_total", counter, instance, "Advertisements sent."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.AdvertsSent, r.Name) })},
		{family{"ldirector_vrrp_adverts_received_total", counter, instance, "Advertisements received that passed every check."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.AdvertsReceived, r.Name) })},
		{family{"ldirector_vrrp_adverts_refused_total", counter, []string{"vrrp_instance", "reason"}, "Packets for an instance that were dropped."},
			eachRouter(func(r *vrrp.Status, c *collected) {
				for _, reason := range vrrp.Refusals() {
					c.count(r.Counters.Refused[reason], r.Name, reason.String())
				}
			})},
		{family{"ldirector_vrrp_adverts_different_total", counter, []string{"vrrp_instance", "difference"}, "Advertisements that were accepted although they show that the members are not configured alike."},
			eachRouter(func(r *vrrp.Status, c *collected) {
				c.count(r.Counters.AddressMismatch, r.Name, "addresses")
				c.count(r.Counters.ChecksumMessage, r.Name, "checksum")
				c.count(r.Counters.IntervalMismatch, r.Name, "interval")
			})},
		{family{"ldirector_vrrp_priority_zero_sent_total", counter, instance, "Advertisements by which an instance gave up being master."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.PriorityZeroSent, r.Name) })},
		{family{"ldirector_vrrp_priority_zero_received_total", counter, instance, "Advertisements by which another member gave up being master."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.PriorityZeroReceived, r.Name) })},
		{family{"ldirector_vrrp_send_errors_total", counter, instance, "Advertisements that could not be sent."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.SendErrors, r.Name) })},
		{family{"ldirector_vrrp_host_errors_total", counter, instance, "Addresses that could not be added or removed, and announcements that could not be made."},
			eachRouter(func(r *vrrp.Status, c *collected) { c.count(r.Counters.HostErrors, r.Name) })},
		{family{"ldirector_vrrp_sync_group_state", gauge, []string{"vrrp_sync_group", "state"}, "1 for the last state that all members of a group had, 0 for the others."},
			func(s *Snapshot, c *collected) {
				for _, g := range s.VRRP.Groups {
					c.state(g.State, g.Name)
				}
			}},
		{family{"ldirector_vrrp_foreign_routers", gauge, nil, "Virtual routers on our networks that this director is no member of, heard in the last five minutes."},
			func(s *Snapshot, c *collected) {
				if s.VRRPErr == nil {
					c.add(float64(len(s.VRRP.Foreign)))
				}
			}},
	}
}

// eachRouter collects something of every virtual router.
func eachRouter(collect func(*vrrp.Status, *collected)) func(*Snapshot, *collected) {
	return func(s *Snapshot, c *collected) {
		for i := range s.VRRP.Routers {
			collect(&s.VRRP.Routers[i], c)
		}
	}
}

// state adds a series for each state.
func (c *collected) state(is vrrp.State, name string) {
	for _, state := range []vrrp.State{vrrp.Initialize, vrrp.Backup, vrrp.Master, vrrp.Fault} {
		c.add(truth(is == state), name, state.String())
	}
}
