package doctor

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// gatherLinks lists the interfaces with their addresses.
func (f *Facts) gatherLinks() error {
	links, err := netlink.LinkList()
	if err != nil {
		return err
	}
	names := make(map[int]string)
	for _, l := range links {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	all, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return err
	}
	for _, l := range links {
		a := l.Attrs()
		link := Link{
			Name: a.Name, Up: a.Flags&net.FlagUp != 0, NoARP: a.RawFlags&unix.IFF_NOARP != 0,
			Bridge: l.Type() == "bridge", Master: names[a.MasterIndex], MTU: a.MTU,
		}
		for _, addr := range all {
			ip, ok := netip.AddrFromSlice(addr.IP)
			if bits, _ := addr.Mask.Size(); ok && addr.LinkIndex == a.Index {
				link.Addresses = append(link.Addresses, netip.PrefixFrom(ip.Unmap(), bits))
			}
		}
		f.Links = append(f.Links, link)
	}
	return nil
}

// gatherRoutes asks for the ways to the real servers, and on a back-end for what
// would become of packets to virtual addresses.
func (f *Facts) gatherRoutes(n Needs) {
	f.Routes = make(map[netip.Addr]Route)
	wanted := n.realServers()
	if n.Role == Backend {
		wanted = append(wanted, virtualAddresses(n.duties(f))...)
	}
	names := make(map[int]string)
	for _, addr := range wanted {
		routes, err := netlink.RouteGet(addr.AsSlice())
		if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) {
			f.Routes[addr] = Route{}
			continue
		}
		if err != nil || len(routes) == 0 || len(routes[0].MultiPath) > 0 {
			continue // nothing is known
		}
		index := routes[0].LinkIndex
		if names[index] == "" {
			link, err := netlink.LinkByIndex(index)
			if err != nil {
				continue
			}
			names[index] = link.Attrs().Name
		}
		r := Route{Device: names[index], MTU: routes[0].MTU, Local: routes[0].Type == unix.RTN_LOCAL}
		if gw, ok := netip.AddrFromSlice(routes[0].Gw); ok {
			r.Gateway = gw.Unmap()
		}
		f.Routes[addr] = r
	}
}

// gatherListeners lists the sockets that wait for clients.
func (f *Facts) gatherListeners() error {
	f.Listeners = []Listener{}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile("/proc/thread-self/net/" + table)
		if errors.Is(err, os.ErrNotExist) {
			continue // no IPv6
		}
		if err != nil {
			f.Listeners = nil
			return err
		}
		f.Listeners = append(f.Listeners, parseListeners(string(text), strings.HasPrefix(table, "udp"))...)
	}
	return nil
}

// parseListeners reads /proc/net/tcp and its like: the local address is the second
// field, words of it in the host's byte order, the state is the fourth.
func parseListeners(text string, udp bool) []Listener {
	waits := "0A" // TCP_LISTEN
	if udp {
		waits = "07" // TCP_CLOSE: not connected
	}
	var all []Listener
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) < 4 || w[3] != waits {
			continue
		}
		host, port, _ := strings.Cut(w[1], ":")
		raw, err := hex.DecodeString(host)
		number, portErr := strconv.ParseUint(port, 16, 16)
		if err != nil || portErr != nil || len(raw)%4 != 0 {
			continue
		}
		for i := 0; i < len(raw); i += 4 {
			slices.Reverse(raw[i : i+4]) // every platform that we build for is little-endian
		}
		if addr, ok := netip.AddrFromSlice(raw); ok {
			all = append(all, Listener{UDP: udp, Addr: netip.AddrPortFrom(addr, uint16(number))})
		}
	}
	return all
}

// commandTimeout bounds the programs that are asked for rules.
const commandTimeout = 10 * time.Second

// gatherFirewall reads the rules of nftables, and those of iptables that nft does
// not show.
func (f *Facts) gatherFirewall(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	legacy := usesLegacy()
	nft := program("nft")
	if nft != "" {
		text, err := output(ctx, nft, "-j", "list", "ruleset")
		if err != nil {
			return err
		}
		if f.Chains, err = ParseNft(text); err != nil || !legacy {
			return err
		}
	}
	found := false
	for family, names := range map[string][]string{
		"ip":  {"iptables-legacy-save", "iptables-save"},
		"ip6": {"ip6tables-legacy-save", "ip6tables-save"},
	} {
		save := program(names[0])
		if save == "" && nft == "" {
			save = program(names[1])
		}
		if save == "" {
			continue
		}
		found = true
		text, err := output(ctx, save)
		if err != nil {
			return err
		}
		chains, err := ParseIptables(string(text), family)
		if err != nil {
			return err
		}
		f.Chains = append(f.Chains, chains...)
	}
	switch {
	case found:
		return nil
	case nft == "":
		return errors.New("neither nft nor iptables-save is installed")
	default:
		return errors.New("the tables of iptables-legacy: iptables-legacy-save is not installed")
	}
}

// usesLegacy reports whether the kernel has tables that nft does not show.
func usesLegacy() bool {
	for _, name := range []string{"ip_tables_names", "ip6_tables_names"} {
		if text, err := os.ReadFile("/proc/thread-self/net/" + name); err == nil && len(text) > 0 {
			return true
		}
	}
	return false
}

// program returns the path of a program, "" if it is not installed. PATH of plain
// users leaves out where those for root are.
func program(name string) string {
	for _, file := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if path, err := exec.LookPath(file); err == nil {
			return path
		}
	}
	return ""
}

func output(ctx context.Context, path string, args ...string) ([]byte, error) {
	text, err := exec.CommandContext(ctx, path, args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%s: %w: %s", path, err, strings.TrimSpace(string(exit.Stderr)))
	}
	return text, err
}
