package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ldirector/ldirector/vrrp"
)

// decodeTransport reads how advertisements travel.
func (i *instance) decodeTransport() {
	i.decodePeers()
	unicast := i.c.written("unicast_peer") != nil && (len(i.out.Peers) > 0 || i.c.isWrong("unicast_peer"))
	i.out.CheckSource, _ = i.c.boolean("check_unicast_src")
	i.out.ChecksumMessage, _ = i.c.boolean("v3_checksum_as_v2")
	ttl, _ := i.c.number("unicast_ttl")
	i.out.UnicastTTL = uint8(ttl)
	if fault, _ := i.c.boolean("unicast_fault_no_peer"); fault && !unicast {
		i.c.bad("unicast_fault_no_peer", "No peer", "There is no unicast_peer, so the instance would be in fault for ever. Add a peer, or remove unicast_fault_no_peer to use multicast.")
	}
	for _, name := range []string{"unicast_src_ip", "unicast_ttl"} {
		if i.c.given(name) && !unicast {
			i.c.bad(name, "Argument without effect", "%s is for unicast, and there is no unicast_peer. Add the peers, or remove it; the source of multicast is mcast_src_ip.", name)
		}
	}
	for _, name := range []string{"mcast_src_ip", "mcast_dst_ip"} {
		if i.c.given(name) && unicast {
			i.c.contradict(name, "unicast_peer", "Advertisements go either to a group or to peers. Remove one of them; the source of unicast is unicast_src_ip.")
		}
	}
	source := "mcast_src_ip"
	if unicast {
		source = "unicast_src_ip"
	}
	i.out.Source = i.source(source)
	if i.out.TrackSource, _ = i.c.boolean("track_src_ip"); i.out.TrackSource && i.c.written(source) == nil {
		i.c.bad("track_src_ip", "Missing argument", "track_src_ip is about a source that is written. Add %s.", source)
	}
	i.decodeGroup()
}

// source returns the value of an argument that is the source of advertisements.
func (i *instance) source(name string) netip.Addr {
	addr := i.c.host(name)
	switch {
	case !addr.IsValid():
	case addr.Is6() != i.out.IPv6:
		i.c.bad(name, "Mixed address families", "%s is %s, and the instance's addresses are not. Write a source of the same family.", addr, familyName(addr))
	case slices.ContainsFunc(i.out.Peers, func(p vrrp.Peer) bool { return p.Addr == addr }):
		i.c.bad(name, "Contradictory arguments", "%s is the source and a unicast_peer as well, so that the router would talk to itself. Name the other members only.", addr)
	case addr.Is6() && !addr.IsLinkLocalUnicast() && name == "mcast_src_ip":
		i.c.bad(name, "Invalid address", "%s is not a link-local address, which RFC 9568 section 5.1.2.1 asks for. Write one that begins with fe80:.", addr)
	}
	return addr
}

// decodeGroup reads mcast_dst_ip.
func (i *instance) decodeGroup() {
	if !i.c.given("mcast_dst_ip") {
		return
	}
	i.out.Group = i.c.multicastGroup("mcast_dst_ip")
	if i.out.Group.IsValid() && i.out.Group.Is6() != i.out.IPv6 && !i.c.isWrong("mcast_dst_ip") {
		i.c.bad("mcast_dst_ip", "Mixed address families", "%s is %s, and the instance's addresses are not. Write a group of the same family.", i.out.Group, familyName(i.out.Group))
	}
}

// decodePeers reads unicast_peer.
func (i *instance) decodePeers() {
	const name = "unicast_peer"
	elements, _ := i.c.list(name)
	checked, _ := i.c.boolean("check_unicast_src")
	for _, e := range elements {
		peer, limited, err := parsePeer(e.text)
		switch {
		case err != nil:
			i.c.badElement(name, e, "Invalid peer", "unicast_peer: %s.", err)
			continue
		case peer.Addr.Is6() != i.out.IPv6:
			i.c.badElement(name, e, "Mixed address families", "%s is %s, and the instance's addresses are not. Write an address of the same family.", peer.Addr, familyName(peer.Addr))
			continue
		case slices.ContainsFunc(i.out.Peers, func(p vrrp.Peer) bool { return p.Addr == peer.Addr }):
			i.c.badElement(name, e, "Duplicate peer", "%s is there twice. Remove one of them.", peer.Addr)
			continue
		case limited && !checked:
			i.c.badElement(name, e, "Contradictory arguments", "min_ttl and max_ttl are looked at only where check_unicast_src is true. Remove them, or check_unicast_src.")
		}
		i.out.Peers = append(i.out.Peers, peer)
	}
}

// parsePeer reads "IP [min_ttl N] [max_ttl N]". The error is a sentence for
// users.
func parsePeer(text string) (peer vrrp.Peer, limited bool, err error) {
	peer.MaxTTL = 255
	fields := strings.Fields(text)
	if len(fields)%2 != 1 {
		return peer, false, fmt.Errorf("%q: write \"192.0.2.2\" or \"192.0.2.2 min_ttl 254 max_ttl 255\"", text)
	}
	if peer.Addr, err = parseAddr(fields[0]); err == nil {
		err = checkHost(peer.Addr)
	}
	if err != nil {
		return peer, false, err
	}
	for at := 1; at < len(fields); at += 2 {
		n, err := strconv.ParseUint(fields[at+1], 10, 8)
		switch {
		case err != nil:
			return peer, true, fmt.Errorf("%q: %s has to be a number from 0 to 255", text, fields[at])
		case fields[at] == "min_ttl":
			peer.MinTTL = uint8(n)
		case fields[at] == "max_ttl":
			peer.MaxTTL = uint8(n)
		default:
			return peer, true, fmt.Errorf("%q: %q is not known here. After the address there can be min_ttl and max_ttl", text, fields[at])
		}
	}
	if peer.MinTTL > peer.MaxTTL {
		return peer, true, fmt.Errorf("%q: min_ttl is greater than max_ttl, so nothing would be heard", text)
	}
	return peer, len(fields) > 1, nil
}
