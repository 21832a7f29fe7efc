package config

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/vrrp"
)

const (
	// ownerPriority is the priority of the router that owns the addresses.
	// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.4
	ownerPriority = 255
	// maxPassword is the length of the password field.
	// https://www.rfc-editor.org/rfc/rfc2338#section-5.3.10
	maxPassword = 8
	// maxAdvertInt3 is what 12 bits of centiseconds hold.
	// https://www.rfc-editor.org/rfc/rfc9568#section-5.2.7
	maxAdvertInt3 = 40950 * time.Millisecond
	// maxWeight is keepalived's limit for the weight of a tracker.
	maxWeight = 253
)

// An instance is a vrrp_instance being read.
type instance struct {
	c   *content
	out VRRPInstance
}

// decodeInstances reads the vrrp_instance blocks.
func (l *loader) decodeInstances(blocks iter.Seq[*hcl.Block]) {
	type router struct {
		device string
		id     int
	}
	names := make(map[string]hcl.Range)
	routers := make(map[router]hcl.Range)
	addresses := make(virtualAddresses)
	for b := range blocks {
		name, at := label(b)
		l.checkName("vrrp_instance", name, at, names)
		i := l.decodeInstance(b, addresses)
		l.config.VRRP = append(l.config.VRRP, i.out)

		id, idOK := i.c.number("virtual_router_id")
		_, interfaceOK := i.c.text("interface")
		if !idOK || !interfaceOK {
			continue
		}
		r := router{i.out.Interface, id}
		if first, dup := routers[r]; dup {
			i.c.bad("virtual_router_id", "Duplicate virtual router", "virtual_router_id %d is already in use on %s, at %s. Every virtual router on a network needs its own number.", id, r.device, place(first))
			continue
		}
		routers[r] = i.c.where("virtual_router_id")
	}
}

// decodeInstance reads one vrrp_instance block.
func (l *loader) decodeInstance(b *hcl.Block, addresses virtualAddresses) *instance {
	i := &instance{c: l.open(b, l.root.child("vrrp_instance"))}
	i.out.Name = b.Labels[0]
	i.out.Interface = i.c.interfaceName("interface")
	id, _ := i.c.number("virtual_router_id")
	i.out.VRID = uint8(id)
	i.out.GARPMasterRepeat, _ = i.c.number("garp_master_repeat")
	i.out.GARPMasterDelay, _ = i.c.duration("garp_master_delay")
	i.decodePriority()
	i.decodeAdvertInt()
	i.decodeAuthentication()
	i.decodeAddresses(addresses)
	i.decodeTrackInterfaces()
	i.out.Notify = Notify{
		Master: i.c.command("notify_master"),
		Backup: i.c.command("notify_backup"),
		Fault:  i.c.command("notify_fault"),
		Stop:   i.c.command("notify_stop"),
		Any:    i.c.command("notify"),
	}
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

// decodePriority reads state, priority and nopreempt, which limit each other.
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
}

// decodeAdvertInt reads version and advert_int.
func (i *instance) decodeAdvertInt() {
	version, versionOK := i.c.number("version")
	interval, ok := i.c.duration("advert_int")
	i.out.Version, i.out.AdvertInterval = version, interval
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

// decodeAuthentication reads the block authentication. Messages never hold the
// password.
func (i *instance) decodeAuthentication() {
	b := i.c.one("authentication")
	if b == nil {
		return
	}
	c := i.c.l.open(b, i.c.spec.child("authentication"))
	if c.given("auth_type") && !c.isWrong("auth_type") && c.find("auth_type").value.AsString() == "AH" {
		c.bad("auth_type", "Unknown word", "auth_type AH is not supported: it protects nothing, and RFC 3768 removed it. Write \"PASS\" on all members, or remove the block.")
	}
	c.text("auth_type")
	if version, ok := i.c.number("version"); ok && version == 3 {
		i.c.l.errorAt(c.at, "Contradictory arguments", "VRRP version 3 has no authentication. Remove the block, or use version = 2.")
	}
	password, ok := c.text("auth_pass")
	switch {
	case !ok:
	case password == "":
		c.bad("auth_pass", "Empty password", "auth_pass is empty. Write 1 to 8 bytes, or remove the block.")
	case len(password) > maxPassword:
		// keepalived cuts it off: two different passwords may be equal then.
		c.bad("auth_pass", "Password too long", "auth_pass has %d bytes; VRRP has room for %d. Write the first %d only, which is what keepalived sends.", len(password), maxPassword, maxPassword)
	case strings.ContainsFunc(password, func(r rune) bool { return r > '~' }):
		c.bad("auth_pass", "Invalid password", "auth_pass holds characters other than ASCII, whose bytes depend on the program. Write letters, digits and signs only.")
	}
	i.out.Password = password
}

// decodeTrackInterfaces reads track_interface.
func (i *instance) decodeTrackInterfaces() {
	elements, _ := i.c.list("track_interface")
	for _, e := range elements {
		track, err := parseTrackInterface(e.text)
		if err != nil {
			i.c.badElement("track_interface", e, "Invalid track_interface", "%s.", err)
			continue
		}
		switch {
		case slices.ContainsFunc(i.out.TrackInterfaces, func(t vrrp.TrackInterface) bool { return t.Name == track.Name }):
			i.c.badElement("track_interface", e, "Duplicate interface", "%s is tracked twice. Remove one of them.", track.Name)
		case track.Weight != 0 && track.Name == i.out.Interface:
			i.c.badElement("track_interface", e, "Weight without effect", "%s is the instance's own interface: without it there is no VRRP, whatever the priority. Remove the weight.", track.Name)
		case track.Weight != 0 && i.out.Priority == ownerPriority:
			i.c.badElement("track_interface", e, "Weight without effect", "Priority 255 never changes. Remove the weight, or lower the priority.")
		}
		i.out.TrackInterfaces = append(i.out.TrackInterfaces, track)
	}
}

// parseTrackInterface reads "IF [weight N]". The error is a sentence for users.
func parseTrackInterface(text string) (vrrp.TrackInterface, error) {
	fields := strings.Fields(text)
	if len(fields) != 1 && (len(fields) != 3 || fields[1] != "weight") {
		return vrrp.TrackInterface{}, fmt.Errorf("%q: write \"eth1\" or \"eth1 weight -30\"", text)
	}
	track := vrrp.TrackInterface{Name: fields[0]}
	if err := checkInterface(track.Name); err != nil {
		return track, err
	}
	if len(fields) == 1 {
		return track, nil
	}
	weight, err := strconv.Atoi(fields[2])
	if err != nil || weight < -maxWeight || weight > maxWeight {
		return track, fmt.Errorf("%q: the weight has to be a whole number from -%d to %d", text, maxWeight, maxWeight)
	}
	track.Weight = weight
	return track, nil
}
