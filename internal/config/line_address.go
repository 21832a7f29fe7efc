package config

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
)

// An addressPlace is where the line of an address stands.
type addressPlace struct {
	device string // without dev; "": it has to be written
	static bool   // track_group is allowed, and a multicast address
}

// parseAddress reads a line of virtual_ipaddress. The error is a sentence for
// users.
func parseAddress(text string, where addressPlace) (netif.Address, error) {
	words := newLine(text)
	if !words.more() {
		return netif.Address{}, fmt.Errorf("an element is empty. Write an address such as \"192.0.2.10/24\", or remove it")
	}
	p := addressParser{line: words, where: where, a: netif.Address{Device: where.device}}
	first := words.next()
	for words.more() {
		if err := p.word(words.next()); err != nil {
			return p.a, fmt.Errorf("%q: %w", text, err)
		}
	}
	if err := p.address(first); err != nil {
		return p.a, err
	}
	if err := p.finish(); err != nil {
		return p.a, fmt.Errorf("%q: %w", text, err)
	}
	return p.a, nil
}

// An addressParser reads the words behind an address.
type addressParser struct {
	*line
	where addressPlace
	a     netif.Address
	brd   string // as written
	scope string
	peer  string
}

// word reads one word with its value.
func (p *addressParser) word(word string) (err error) {
	switch word {
	case "brd", "broadcast":
		p.brd, err = p.value("brd")
	case "dev":
		if p.a.Device, err = p.value(word); err == nil {
			err = checkInterface(p.a.Device)
		}
	case "scope":
		p.scope, err = p.value(word)
	case "label":
		p.a.Label, err = p.value(word)
	case "peer":
		p.peer, err = p.value(word)
	case "preferred_lft":
		err = p.lifetime()
	case "track_group":
		if !p.where.static {
			return fmt.Errorf("track_group is for static addresses: the loss of a virtual one is its own instance's. Remove it")
		}
		p.a.TrackGroup, err = p.value(word)
	default:
		return p.flag(word)
	}
	return err
}

// flag reads a word without a value.
func (p *addressParser) flag(word string) error {
	flags := map[string]*bool{
		"home": &p.a.Home, "-nodad": &p.a.DAD, "mngtmpaddr": &p.a.ManageTempAddr,
		"noprefixroute": &p.a.NoPrefixRoute, "autojoin": &p.a.AutoJoin, "no_track": &p.a.NoTrack,
	}
	if flags[word] == nil {
		return fmt.Errorf("%q is not known here. After the address there can be brd, dev, scope, label, peer and preferred_lft, each with its value, and home, -nodad, mngtmpaddr, noprefixroute, autojoin and no_track", word)
	}
	*flags[word] = true
	return p.once(word)
}

// lifetime reads the value of preferred_lft.
func (p *addressParser) lifetime() error {
	text, err := p.value("preferred_lft")
	if err != nil {
		return err
	}
	p.a.HasLifetime, p.a.PreferredLifetime = true, netif.Forever
	if text == "forever" {
		return nil
	}
	seconds, err := parseNumber("preferred_lft", text, 0, 1<<32-2)
	if err != nil {
		return fmt.Errorf("%w, or forever", err)
	}
	p.a.PreferredLifetime = time.Duration(seconds) * time.Second
	return nil
}

// address reads the address itself.
func (p *addressParser) address(text string) error {
	host, length, hasLength := strings.Cut(text, "/")
	addr, err := parseAddr(host)
	switch {
	case err != nil:
		return err
	case addr.IsMulticast() && p.a.AutoJoin && p.where.static:
	default:
		err = checkVirtual(addr)
	}
	if err != nil {
		return err
	}
	bits := addr.BitLen()
	if hasLength {
		n, err := strconv.ParseUint(length, 10, 8)
		if err != nil || n < 1 || int(n) > bits {
			return fmt.Errorf("%q has an invalid prefix length. Write /1 to /%d, or none for /%d", text, bits, bits)
		}
		bits = int(n)
	}
	p.a.Prefix = netip.PrefixFrom(addr, bits)
	network := p.a.Prefix.Masked().Addr()
	switch {
	case addr.Is4() && bits <= 30 && (addr == network || addr == lastAddr(p.a.Prefix)):
		return fmt.Errorf("%s is the first or last address of its network, which no host can have. Write another address, or another length", p.a.Prefix)
	case addr.Is6() && bits <= 126 && addr == network:
		return fmt.Errorf("%s is the first address of its network, which belongs to all its routers (RFC 4291 section 2.6.1). Write another address, or another length", p.a.Prefix)
	}
	return nil
}

// finish reads what depends on the address, and checks what goes together.
func (p *addressParser) finish() (err error) {
	addr := p.a.Prefix.Addr()
	if p.a.Device == "" && p.where.static {
		return fmt.Errorf("an address needs its interface. Write dev and a name behind it")
	}
	for _, w := range []struct {
		word    string
		written bool
		ipv6    bool
	}{
		{"brd", p.brd != "", false}, {"scope", p.scope != "", false}, {"label", p.a.Label != "", false},
		{"home", p.a.Home, true}, {"-nodad", p.a.DAD, true}, {"mngtmpaddr", p.a.ManageTempAddr, true},
	} {
		if w.written && w.ipv6 == addr.Is4() {
			return fmt.Errorf("%s is not for %s addresses. Remove it", w.word, familyName(addr))
		}
	}
	if p.a.AutoJoin && !addr.IsMulticast() {
		return fmt.Errorf("autojoin is for multicast addresses, which can be static ones only. Remove it")
	}
	if p.brd != "" {
		if p.a.Broadcast, err = parseBroadcast(p.brd, p.a.Prefix); err != nil {
			return err
		}
	}
	if p.scope != "" {
		if p.a.Scope, err = parseScope(p.scope); err != nil {
			return err
		}
	}
	if p.peer != "" {
		if err := p.far(); err != nil {
			return err
		}
	}
	return p.checkLabel()
}

// far reads the value of peer.
func (p *addressParser) far() error {
	prefix, err := parsePrefix(p.peer)
	switch {
	case err != nil:
		return fmt.Errorf("peer: %w", err)
	case prefix.Addr().Is4() != p.a.Prefix.Addr().Is4():
		return fmt.Errorf("peer: %s is of another family than the address. Write one of the same", prefix.Addr())
	case !p.a.Prefix.IsSingleIP():
		return fmt.Errorf("with peer the length of the network stands behind the peer. Write %s peer %s/%d", p.a.Prefix.Addr(), prefix.Addr(), p.a.Prefix.Bits())
	}
	p.a.Peer = prefix
	return nil
}

// checkLabel asks for what ip(8) does; ifconfig shows such labels only.
func (p *addressParser) checkLabel() error {
	label := p.a.Label
	if label != "" && (p.a.Device != "" && label != p.a.Device && !strings.HasPrefix(label, p.a.Device+":") || len(label) > 15) {
		return fmt.Errorf("the label has to be the interface's name, or that with a colon and something more, of at most 15 characters. Write for example label %s:1", p.a.Device)
	}
	return nil
}

// parsePrefix reads "IP[/LEN]". The error is a sentence for users.
func parsePrefix(text string) (netip.Prefix, error) {
	host, length, hasLength := strings.Cut(text, "/")
	addr, err := parseAddr(host)
	if err != nil {
		return netip.Prefix{}, err
	}
	bits := addr.BitLen()
	if hasLength {
		n, err := strconv.ParseUint(length, 10, 8)
		if err != nil || int(n) > bits {
			return netip.Prefix{}, fmt.Errorf("%q has an invalid prefix length. Write /0 to /%d", text, bits)
		}
		bits = int(n)
	}
	return netip.PrefixFrom(addr, bits), nil
}

// parseBroadcast reads an address, "+" for the network's last address or "-"
// for its first, as ip(8) does.
func parseBroadcast(text string, prefix netip.Prefix) (netip.Addr, error) {
	if prefix.Bits() > 30 {
		return netip.Addr{}, fmt.Errorf("brd: a /%d has no broadcast address. Remove brd, or write the network's length", prefix.Bits())
	}
	switch text {
	case "+":
		return lastAddr(prefix), nil
	case "-":
		return prefix.Masked().Addr(), nil
	}
	addr, err := parseAddr(text)
	if err != nil {
		return addr, fmt.Errorf("brd: %w", err)
	}
	if !addr.Is4() {
		return addr, fmt.Errorf("brd: %s is not IPv4. Only IPv4 has broadcast addresses", addr)
	}
	return addr, nil
}

// lastAddr returns the last address of an IPv4 network.
func lastAddr(prefix netip.Prefix) netip.Addr {
	addr := prefix.Addr().As4()
	hosts := uint32(1)<<(32-prefix.Bits()) - 1
	binary.BigEndian.PutUint32(addr[:], binary.BigEndian.Uint32(addr[:])|hosts)
	return netip.AddrFrom4(addr)
}

// parseScope reads a scope by its name in ip(8), or by its number.
func parseScope(text string) (int, error) {
	switch text {
	case "global":
		return 0, nil
	case "site":
		return 200, nil
	case "link":
		return 253, nil
	case "host":
		return 254, nil
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n == 255 {
		return 0, fmt.Errorf("scope cannot be %q. Write global, site, link, host or a number from 0 to 254", text)
	}
	return int(n), nil
}
