package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/alert"
	"github.com/ldirector/ldirector/vrrp"
)

const (
	// ownerPriority is the priority of the router that owns the addresses.
	// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.4
	ownerPriority = 255
	// maxAdvertInt3 is what 12 bits of centiseconds hold.
	// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.7
	maxAdvertInt3 = 40950 * time.Millisecond
)

// An instance is a vrrp_instance being read.
type instance struct {
	c       *content
	out     VRRPInstance
	at      hcl.Range // of its name
	strict  bool
	tracked []tracked
	group   *syncGroup // nil: none
}

// decodeVRRP reads everything about virtual routers. Files and checks have been
// read.
func (l *loader) decodeVRRP(top *content) {
	l.decodeTrackScripts(top.all("vrrp_script"))
	l.decodeTrackProcesses(top.all("vrrp_track_process"))
	l.decodeTrackChecks(top.all("track_check"))
	instances := l.decodeInstances(top)
	l.decodeGroups(top.all("vrrp_sync_group"), instances)
	for _, i := range instances {
		i.out.Trackers = i.trackers()
		l.config.VRRP.Instances = append(l.config.VRRP.Instances, i.out)
	}
	l.decodeStatic(top, instances)
	l.keepTracked()
}

// decodeInstances reads the vrrp_instance blocks.
func (l *loader) decodeInstances(top *content) []*instance {
	names := make(map[string]hcl.Range)
	shared := &among{addresses: make(virtualAddresses), vmacs: make(map[string]hcl.Range), garp: l.decodeGARPGroups(top.all("garp_group"))}
	var instances []*instance
	for b := range top.all("vrrp_instance") {
		name, at := label(b)
		l.checkName("vrrp_instance", name, at, names)
		i := l.decodeInstance(b, shared)
		i.at = at
		instances = append(instances, i)
	}
	checkRouters(instances)
	return instances
}

// An among is what instances have in common: no two may have the same.
type among struct {
	addresses virtualAddresses
	vmacs     map[string]hcl.Range // names of macvlans
	garp      []garpGroup
}

// decodeInstance reads one vrrp_instance block.
func (l *loader) decodeInstance(b *hcl.Block, shared *among) *instance {
	i := &instance{c: l.open(b, l.root.child("vrrp_instance"))}
	i.out.Name = b.Labels[0]
	i.out.Interface = i.c.interfaceName("interface")
	i.out.Master.Name, i.out.Master.Interface = i.out.Name, i.out.Interface
	id, _ := i.c.number("virtual_router_id")
	i.out.VRID = uint8(id)
	i.out.IPv6 = i.family()
	i.strict, _ = i.c.boolean("strict_mode")

	i.decodePriority()
	i.decodeAdvertInt()
	i.decodeAuthentication()
	i.decodeHMAC()
	i.decodeVMAC(shared.vmacs)
	i.decodeAddresses(shared.addresses)
	i.decodeRoutes()
	i.decodeTransport()
	i.decodeAnswers()
	i.decodeGARP(shared.garp)
	i.decodeTrackers()
	i.decodeNotify()
	i.checkStrict()
	return i
}

// interfaceName returns the value of an argument that names a network
// interface.
func (c *content) interfaceName(argument string) string {
	name, ok := c.text(argument)
	if !ok {
		return ""
	}
	if err := checkInterface(name); err != nil {
		c.bad(argument, "Invalid interface name", "%s: %s.", argument, err)
	}
	return name
}

// checkInterface returns an error if the kernel would not take the name
// (dev_valid_name in net/core/dev.c). The error is a sentence for users.
func checkInterface(name string) error {
	if name == "" || name == "." || name == ".." || len(name) > 15 ||
		strings.ContainsAny(name, "/: \t") || strings.ContainsFunc(name, isControl) {
		return fmt.Errorf("%q is not a name that an interface can have. Write 1 to 15 characters, none of them a blank, a colon or a slash", name)
	}
	return nil
}

// decodePriority reads state, priority, nopreempt and preempt_delay, which limit
// each other.
func (i *instance) decodePriority() {
	state, stateOK := i.c.text("state")
	priority, priorityOK := i.c.number("priority")
	i.out.Priority = uint8(priority)
	i.out.NoPreempt, _ = i.c.boolean("nopreempt")

	switch {
	case stateOK && state == "MASTER" && priorityOK && !i.c.given("priority"):
		// keepalived takes 255 here, where a missing state would mean 100.
		i.c.bad("state", "Missing argument", "A MASTER needs its priority written out, as 100 is everybody's default. Write for example priority = 150.")
	case stateOK && i.c.given("state") && state == "BACKUP" && priority == ownerPriority:
		i.c.bad("state", "Contradictory arguments", "Priority 255 belongs to the owner of the addresses, which starts as master. Write state = \"MASTER\", or a priority up to 254.")
	case i.out.NoPreempt && stateOK && state == "MASTER":
		i.c.bad("nopreempt", "Contradictory arguments", "A MASTER takes over from any lower priority; nopreempt forbids just that. Write state = \"BACKUP\" on all members of a nopreempt group.")
	case i.out.NoPreempt && priority == ownerPriority:
		i.c.bad("nopreempt", "Contradictory arguments", "Priority 255 belongs to the owner of the addresses, which always takes over. Lower the priority, or remove nopreempt.")
	}
	i.decodePreemptDelay(state == "MASTER", priority)
}

func (i *instance) decodePreemptDelay(master bool, priority int) {
	i.out.PreemptDelay, _ = i.c.duration("preempt_delay")
	switch {
	case i.out.PreemptDelay == 0:
	case i.out.NoPreempt:
		i.c.bad("preempt_delay", "Contradictory arguments", "With nopreempt nothing is taken over from a lower priority, so there is nothing to delay. Remove one of them.")
	case master:
		i.c.bad("preempt_delay", "Contradictory arguments", "A MASTER takes over at once; preempt_delay is for those that begin as backup. Write state = \"BACKUP\", or remove preempt_delay.")
	case priority == ownerPriority:
		i.c.bad("preempt_delay", "Contradictory arguments", "Priority 255 belongs to the owner of the addresses, which takes over at once. Lower the priority, or remove preempt_delay.")
	}
}

// decodeAdvertInt reads version, advert_int and down_timer_adverts.
func (i *instance) decodeAdvertInt() {
	version, written := i.c.number("version")
	versionOK := !i.c.isWrong("version")
	switch {
	case written && version == 2 && i.out.IPv6:
		i.c.bad("version", "Contradictory arguments", "VRRP version 2 has no IPv6 (%s is an IPv6 address). Write version = 3 on all members, or leave it out.", i.ipv6Because())
		versionOK = false
	case !written && i.out.IPv6:
		version = 3
	case !written:
		version = 2
	}
	interval, ok := i.c.duration("advert_int")
	i.out.Version, i.out.AdvertInterval = version, interval
	i.out.DownAdverts, _ = i.c.number("down_timer_adverts")
	switch {
	case !ok || !versionOK:
	case version == 2 && interval%time.Second != 0:
		i.c.bad("advert_int", "Not in whole seconds", "advert_int is %s; VRRP version 2 counts whole seconds. Use version = 3, or write \"%ds\".", FormatDuration(interval), max(1, interval/time.Second))
	case version == 3 && interval > maxAdvertInt3:
		i.c.bad("advert_int", "Duration out of range", "advert_int is %s; VRRP version 3 has at most %s. Use version = 2, or a shorter interval.", FormatDuration(interval), FormatDuration(maxAdvertInt3))
	case version == 3 && interval%(10*time.Millisecond) != 0:
		i.c.bad("advert_int", "Not in hundredths of a second", "advert_int is %s; VRRP version 3 counts in steps of 10ms. Write \"%s\".", FormatDuration(interval), interval.Truncate(10*time.Millisecond))
	}
}

// decodeAnswers reads how the router answers other ones' advertisements, and
// what it does about trouble with its addresses.
func (i *instance) decodeAnswers() {
	i.out.NoLowerAdvert = i.boolean("lower_prio_no_advert", i.strict)
	i.out.NoHigherAdvert = !i.boolean("higher_prio_send_advert", !i.strict)
	i.out.OwnerIgnores = i.boolean("owner_ignore_adverts", i.strict)
	i.out.SkipAddressCheck, _ = i.c.boolean("skip_check_adv_addr")
	if loss, _ := i.c.text("on_address_loss"); loss == "backup" {
		i.out.OnAddressLoss = vrrp.YieldAddress
	}
	if conflict, _ := i.c.text("on_conflict"); conflict == "yield" {
		i.out.OnConflict = vrrp.YieldConflict
	}
	i.out.DontTrackPrimary, _ = i.c.boolean("dont_track_primary")
}

// boolean returns the value of an argument whose default depends on others.
func (i *instance) boolean(name string, otherwise bool) bool {
	if value, ok := i.c.boolean(name); ok {
		return value
	}
	return otherwise
}

// decodeNotify reads the commands.
func (i *instance) decodeNotify() {
	i.out.Notify = i.c.notify()
	i.out.Notify.Deleted = i.c.command("notify_deleted")
	i.out.Notify.HeardLower = i.c.command("notify_master_rx_lower_pri")
	i.out.Notify.Conflict = i.c.command("notify_conflict")
	i.out.NotifyPriority, _ = i.c.boolean("notify_priority_changes")
	i.c.l.sayAlert(alert.Object{Instance: i.out.Name}, i.c.smtpAlert())
}

// notify reads the commands that instances and groups have.
func (c *content) notify() Notify {
	return Notify{
		Master: c.command("notify_master"),
		Backup: c.command("notify_backup"),
		Fault:  c.command("notify_fault"),
		Stop:   c.command("notify_stop"),
		Any:    c.command("notify"),
	}
}

// checkRouters reports virtual routers that would hear each other's
// advertisements as their own: those with the same number, interface and family,
// but unicast ones that have no peer in common.
func checkRouters(instances []*instance) {
	type router struct {
		device string
		id     uint8
		ipv6   bool
	}
	seen := make(map[router][]*instance)
	for _, i := range instances {
		if i.out.VRID == 0 || i.out.Interface == "" {
			continue
		}
		r := router{i.out.Interface, i.out.VRID, i.out.IPv6}
		for _, first := range seen[r] {
			if !first.hears(i) {
				continue
			}
			i.c.bad("virtual_router_id", "Duplicate virtual router", "virtual_router_id %d is already in use on %s, at %s. Every virtual router on a network needs its own number, unless it is of another family or has other unicast peers.", r.id, r.device, place(first.c.where("virtual_router_id")))
			break
		}
		seen[r] = append(seen[r], i)
	}
}

// hears tells whether two routers with the same number get the same
// advertisements.
func (i *instance) hears(other *instance) bool {
	a, b := i.out.Peers, other.out.Peers
	switch {
	case i.c.written("unicast_peer") == nil && other.c.written("unicast_peer") == nil:
		return i.out.Group == other.out.Group
	case len(a) == 0 || len(b) == 0:
		return false
	}
	for _, p := range a {
		for _, q := range b {
			if p.Addr == q.Addr {
				return true
			}
		}
	}
	return false
}
