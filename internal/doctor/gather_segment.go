package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

const (
	maxAsked   = 512 // addresses that the network is asked for
	askRepeats = 3
	askPause   = 300 * time.Millisecond
	maxHeard   = 1024 // routers that are told apart
)

// gatherSegment asks the network who has the virtual addresses and those of the
// real servers, and listens for advertisements.
func (f *Facts) gatherSegment(ctx context.Context, n Needs, listen time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, listen)
	defer cancel()
	asked := f.asked(n)
	if len(asked) > maxAsked {
		f.note("addresses on the network", fmt.Errorf("only %d of %d are asked for", maxAsked, len(asked)))
		asked = asked[:maxAsked]
	}
	var mu sync.Mutex // of f.Owners
	var err error
	var work sync.WaitGroup
	if len(asked) > 0 {
		work.Go(func() {
			err = ask(ctx, asked, func(o Owner) {
				mu.Lock()
				defer mu.Unlock()
				if !slices.Contains(f.Owners, o) {
					f.Owners = append(f.Owners, o)
				}
			}, log)
		})
	}
	heard, errs := make([][]Heard, 2), make([]error, 2)
	for i, six := range []bool{false, true} {
		if devices := routerDevices(n, six); len(devices) > 0 {
			work.Go(func() { heard[i], errs[i] = hear(ctx, devices, six) })
		}
	}
	work.Wait()
	f.note("addresses on the network", err)
	f.note("advertisements", errors.Join(errs...))
	for _, h := range slices.Concat(heard...) {
		if f.has(h.Source) == nil {
			f.Adverts = append(f.Adverts, h)
		}
	}
	slices.SortFunc(f.Owners, func(a, b Owner) int { return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.MAC, b.MAC)) })
}

// asked are the addresses to ask for, the virtual ones first.
func (f *Facts) asked(n Needs) []netif.Address {
	var all []netif.Address
	add := func(addr netip.Addr, device string) {
		l := f.link(device)
		if l == nil || !l.Up || l.NoARP || device == "lo" {
			return
		}
		all = append(all, netif.Address{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Device: device})
	}
	for addr, device := range n.Virtual {
		add(addr, device)
	}
	for _, s := range n.Services {
		for _, addr := range s.addresses() {
			if l := f.has(addr); l != nil && n.Virtual[addr] == "" {
				add(addr, l.Name)
			}
		}
	}
	for _, addr := range n.realServers() {
		if r := f.Routes[addr]; !r.Local && !r.Gateway.IsValid() {
			add(addr, r.Device)
		}
	}
	return all
}

// ask asks who has the addresses, some times over, and reports the answers of
// other hosts until ctx is done.
func ask(ctx context.Context, asked []netif.Address, report func(Owner), log *slog.Logger) error {
	claims := netif.NewClaims(func(c netif.Claim) {
		report(Owner{Device: c.Interface, Address: c.Address, MAC: c.MAC.String()})
	}, log)
	wanted := make(map[string][]netip.Addr)
	for _, a := range asked {
		wanted[a.Device] = append(wanted[a.Device], a.Prefix.Addr())
	}
	claims.Watch(wanted)
	var watching sync.WaitGroup
	defer watching.Wait()
	known := make(chan struct{})
	first := sync.OnceFunc(func() { close(known) })
	watching.Go(func() {
		netif.Interfaces(ctx, func(all map[string]netif.Interface) {
			claims.SetInterfaces(all)
			first()
		}, log)
	})
	watching.Go(func() { claims.Run(ctx) })
	select {
	case <-known:
	case <-ctx.Done():
		return nil
	}
	host := netif.NewHost(netif.Master{Name: "doctor", Addresses: asked}, &netif.Shared{}, log)
	defer func() { _ = host.Close() }() // nothing was added
	var err error
	for range askRepeats {
		select {
		case <-time.After(askPause): // by the first time the sockets are open
		case <-ctx.Done():
			return err
		}
		err = host.Probe()
	}
	return err
}

// routerDevices are the interfaces of the routers of a family.
func routerDevices(n Needs, six bool) []string {
	var all []string
	for _, r := range n.Routers {
		if r.IPv6 == six && !slices.Contains(all, r.Interface) {
			all = append(all, r.Interface)
		}
	}
	return all
}

// hear collects advertisements on the interfaces until ctx is done: the last one
// of each router.
func hear(ctx context.Context, devices []string, six bool) ([]Heard, error) {
	read, conn, err := listenAdverts(devices, six)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	type router struct {
		device string
		source netip.Addr
		vrid   uint8
	}
	last := make(map[router]Heard)
	names := make(map[int]string)
	for buf := make([]byte, 4096); len(last) < maxHeard; {
		size, source, destination, index, err := read(buf)
		if err != nil {
			break // the time is over
		}
		a, err := vrrp.ParseAdvertisement(buf[:size], source, destination)
		if err != nil {
			continue
		}
		if names[index] == "" {
			if i, err := net.InterfaceByIndex(index); err == nil {
				names[index] = i.Name
			}
		}
		h := Heard{Device: names[index], Source: source, Advert: a}
		last[router{h.Device, source, a.VRID}] = h
	}
	all := make([]Heard, 0, len(last))
	for _, h := range last {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b Heard) int {
		return cmp.Or(a.Source.Compare(b.Source), cmp.Compare(a.Advert.VRID, b.Advert.VRID))
	})
	return all, nil
}

// A readAdvert reads one packet.
type readAdvert func(buf []byte) (size int, source, destination netip.Addr, index int, err error)

// listenAdverts opens a raw socket that is a member of VRRP's group on the
// interfaces.
func listenAdverts(devices []string, six bool) (readAdvert, net.PacketConn, error) {
	network, group := "ip4:112", net.IPv4(224, 0, 0, 18)
	if six {
		network, group = "ip6:112", net.ParseIP("ff02::12")
	}
	conn, err := net.ListenPacket(network, "")
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	join := func(join func(*net.Interface, net.Addr) error) {
		for _, name := range devices {
			i, err := net.InterfaceByName(name)
			if err == nil {
				err = join(i, &net.IPAddr{IP: group})
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	var read readAdvert
	if six {
		p := ipv6.NewPacketConn(conn)
		join(p.JoinGroup)
		errs = append(errs, p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true))
		read = func(buf []byte) (int, netip.Addr, netip.Addr, int, error) {
			size, cm, from, err := p.ReadFrom(buf)
			if err != nil || cm == nil {
				return 0, netip.Addr{}, netip.Addr{}, 0, cmp.Or(err, net.ErrClosed)
			}
			return size, addrOf(from), addrOfIP(cm.Dst), cm.IfIndex, nil
		}
	} else {
		p := ipv4.NewPacketConn(conn)
		join(p.JoinGroup)
		errs = append(errs, p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true))
		read = func(buf []byte) (int, netip.Addr, netip.Addr, int, error) {
			size, cm, from, err := p.ReadFrom(buf)
			if err != nil || cm == nil {
				return 0, netip.Addr{}, netip.Addr{}, 0, cmp.Or(err, net.ErrClosed)
			}
			return size, addrOf(from), addrOfIP(cm.Dst), cm.IfIndex, nil
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return read, conn, nil
}

func addrOf(a net.Addr) netip.Addr {
	if ip, ok := a.(*net.IPAddr); ok {
		return addrOfIP(ip.IP)
	}
	return netip.Addr{}
}

func addrOfIP(ip net.IP) netip.Addr {
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}
