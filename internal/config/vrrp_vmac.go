package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/internal/netif"
)

// decodeVMAC reads use_vmac and vmac_xmit_base. taken are the names of macvlans.
func (i *instance) decodeVMAC(taken map[string]hcl.Range) {
	on, text := i.c.switched("use_vmac")
	base, _ := i.c.boolean("vmac_xmit_base")
	switch {
	case i.c.isWrong("use_vmac"):
		return
	case !on && base:
		i.c.bad("vmac_xmit_base", "Argument without effect", "Without use_vmac everything goes out of the interface itself. Add use_vmac, or remove vmac_xmit_base.")
		return
	case !on:
		return
	}
	name, mac, err := parseVMAC(text, i.out.VRID)
	if err != nil {
		i.c.bad("use_vmac", "Invalid virtual MAC", "use_vmac: %s.", err)
		return
	}
	if mac == nil {
		mac = virtualMAC(i.out.VRID, i.out.IPv6)
	}
	if name == "" {
		name = i.vmacName(taken)
	}
	first, dup := taken[name]
	switch {
	case dup:
		i.c.bad("use_vmac", "Duplicate interface", "The virtual MAC of another instance is on %s already, at %s. Write another name.", name, place(first))
	case name == i.out.Interface:
		i.c.bad("use_vmac", "Duplicate interface", "%s is the interface below. The one with the virtual MAC needs another name, such as \"vrrp.%d\".", name, i.out.VRID)
	case i.c.written("use_vmac") != nil:
		taken[name] = i.c.where("use_vmac")
	}
	i.out.Master.VMAC = &netif.VMAC{Name: name, Base: i.out.Interface, MAC: mac, IPv6: i.out.IPv6}
	if !base {
		i.out.Transmit = name
	}
	if peers := i.c.written("unicast_peer"); peers != nil && !base {
		i.c.bad("use_vmac", "Contradictory arguments", "Unicast advertisements (unicast_peer, %s) are answered to the interface's own MAC address. Add vmac_xmit_base = true.", place(*peers))
	}
}

// vmacName returns keepalived's name for a macvlan: vrrp.51 and, if that is
// taken, vrrp6.51 or another number.
func (i *instance) vmacName(taken map[string]hcl.Range) string {
	name := fmt.Sprintf("vrrp.%d", i.out.VRID)
	if _, dup := taken[name]; dup && i.out.IPv6 {
		name = fmt.Sprintf("vrrp6.%d", i.out.VRID)
	}
	for n := 1; n <= len(taken)+1; n++ {
		if _, dup := taken[name]; !dup {
			break
		}
		name = fmt.Sprintf("vrrp%d.%d", n, i.out.VRID)
	}
	return name
}

// virtualMAC returns the address of RFC 9568 section 7.3.
func virtualMAC(id uint8, ipv6 bool) net.HardwareAddr {
	mac := net.HardwareAddr{0x00, 0x00, 0x5e, 0x00, 0x01, id}
	if ipv6 {
		mac[4] = 0x02
	}
	return mac
}

// parseVMAC reads "[NAME] [MAC]"; the last byte of the MAC may be left out for
// the router's number. The error is a sentence for users.
func parseVMAC(text string, id uint8) (name string, mac net.HardwareAddr, err error) {
	fields := strings.Fields(text)
	if len(fields) > 0 && strings.Count(fields[len(fields)-1], ":") >= 4 {
		if mac, err = parseMAC(fields[len(fields)-1], id); err != nil {
			return "", nil, err
		}
		fields = fields[:len(fields)-1]
	}
	switch {
	case len(fields) > 1:
		return "", nil, fmt.Errorf("%q: write true, a name such as \"vrrp.51\", a MAC address or both", text)
	case len(fields) == 1:
		name = fields[0]
		err = checkInterface(name)
	}
	return name, mac, err
}

// parseMAC reads five or six bytes.
func parseMAC(text string, id uint8) (net.HardwareAddr, error) {
	var mac net.HardwareAddr
	for part := range strings.SplitSeq(text, ":") {
		b, err := strconv.ParseUint(part, 16, 8)
		if err != nil || len(mac) == 6 {
			return nil, fmt.Errorf("%q is not a MAC address. Write five or six bytes, such as \"00:00:5e:00:01:33\"", text)
		}
		mac = append(mac, byte(b))
	}
	if len(mac) == 5 {
		mac = append(mac, id)
	}
	if mac[0]&1 != 0 {
		return nil, fmt.Errorf("%q is a multicast address, which no interface can have. Write one whose first byte is even", text)
	}
	return mac, nil
}
