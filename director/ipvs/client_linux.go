package ipvs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Client reads and writes the IPVS table of one network namespace. It is
// safe for concurrent use; one call at a time is served, because the kernel
// does no more either.
type Client struct {
	mu     sync.Mutex
	conn   conn
	family uint16 // of IPVS; the kernel gives a new one whenever it loads the module
	seq    uint32 // of the message that was sent last
	out    writer
	in     []byte
	errnos [batchSize]syscall.Errno // answers to the batch in out

	tunnels          tunnelSupport // what the destination that was read last says
	destinationsRead int           // by Services the last time
}

// conn is the socket. The answers to what is sent can be received at once.
type conn interface {
	send(b []byte) error
	receive(b []byte) (int, error)
	discard()
	close() error
}

// maxDatagram is more than the kernel puts into one datagram of a dump, 32 KiB.
const maxDatagram = 64 << 10

// NewClient opens a client for the network namespace of the calling thread,
// where the client stays. The kernel loads the module ip_vs if it has to. An
// error matches [ErrNoModule] if the kernel has no IPVS, and os.ErrPermission
// if CAP_NET_ADMIN is missing. Close it after use.
func NewClient() (*Client, error) {
	s, err := openSocket()
	if err != nil {
		return nil, err
	}
	c, err := newClient(s)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return c, nil
}

func newClient(s conn) (*Client, error) {
	c := &Client{conn: s, in: make([]byte, maxDatagram)}
	if err := c.resolve(); err != nil {
		return nil, err
	}
	// The first request that needs the capability.
	c.out.reset()
	c.out.begin(c.family, 0, c.next(), cmdGetInfo, familyVersion)
	c.out.end()
	if err := c.acknowledged(nil); err != nil {
		return nil, fmt.Errorf("open IPVS table: %w", err)
	}
	return c, nil
}

// Close closes the client's socket. The table stays as it is.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn.close()
}

// Services returns the whole table: sorted by key, destinations by address.
// Whoever writes the table meanwhile can make entries go missing.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	services, err := c.services(nil)
	if err != nil {
		return nil, err
	}
	all := make([]Destination, 0, c.destinationsRead+1) // those of one service after those of another
	ends := make([]int, len(services))
	for i := range services {
		all, err = c.appendDestinations(ctx, all, services[i].Key)
		if err != nil {
			return nil, err
		}
		ends[i] = len(all)
	}
	c.destinationsRead = len(all)
	start := 0
	for i, end := range ends {
		services[i].Destinations = sortDestinations(all[start:end:end])
		start = end
	}
	return services, nil
}

// appendDestinations appends the destinations of a service, the oldest first:
// the kernel lists the newest first, and Diff adds them in ascending order.
func (c *Client) appendDestinations(ctx context.Context, to []Destination, k Key) ([]Destination, error) {
	start := len(to)
	err := c.dumpDestinations(ctx, k, func(m message) error {
		to = append(to, Destination{})
		tunnels, err := decodeDestination(m, &to[len(to)-1], nil)
		c.tunnels = tunnels
		return err
	})
	slices.Reverse(to[start:])
	return to, err
}

// Counters returns the counters of all services and their destinations.
func (c *Client) Counters(ctx context.Context) (map[Key]ServiceCounters, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stats := make(map[Key]Stats)
	services, err := c.services(stats)
	if err != nil {
		return nil, err
	}
	table := make(map[Key]ServiceCounters, len(services))
	for _, s := range services {
		counters := make(map[netip.AddrPort]Counters)
		table[s.Key] = ServiceCounters{Stats: stats[s.Key], Destinations: counters}
		err := c.dumpDestinations(ctx, s.Key, func(m message) error {
			var d Destination
			var n Counters
			_, err := decodeDestination(m, &d, &n)
			counters[d.Addr] = n
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return table, nil
}

// services lists the services without destinations, sorted by key. What the
// kernel counts of each goes into stats, unless that is nil.
func (c *Client) services(stats map[Key]Stats) ([]Service, error) {
	var services []Service
	err := c.resolved(func() (err error) {
		services, err = c.dumpServices(stats)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list virtual servers: %w", err)
	}
	slices.SortFunc(services, Service.compareKey)
	return sortServices(services), nil
}

// resolved calls f, and once more if the family has another number meanwhile,
// because the module was loaded anew.
func (c *Client) resolved(f func() error) error {
	err := f()
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	if err := c.resolve(); err != nil {
		return err
	}
	return f()
}

func (c *Client) dumpServices(stats map[Key]Stats) ([]Service, error) {
	var services []Service
	var n Stats
	c.out.reset()
	c.out.dumpServices(c.family, c.next())
	err := c.dump(func(m message) error {
		n = Stats{}
		s, err := decodeService(m, &n)
		services = append(services, s)
		if stats != nil {
			stats[s.Key] = n
		}
		return err
	})
	return services, err
}

// dumpDestinations visits the destinations of a service; none if the service is gone.
func (c *Client) dumpDestinations(ctx context.Context, k Key, visit func(message) error) error {
	err := ctx.Err()
	if err == nil {
		c.out.reset()
		c.out.dumpDestinations(c.family, c.next(), k)
		err = c.dump(visit)
	}
	if err != nil {
		return fmt.Errorf("list real servers of %s: %w", k, err)
	}
	return nil
}

// resolve asks for the number of the family IPVS. The kernel then loads the
// module, by its alias net-pf-16-proto-16-family-IPVS.
func (c *Client) resolve() error {
	var family uint16
	c.out.reset()
	c.out.begin(unix.GENL_ID_CTRL, 0, c.next(), unix.CTRL_CMD_GETFAMILY, 1)
	c.out.string(unix.CTRL_ATTR_FAMILY_NAME, familyName)
	c.out.end()
	err := c.acknowledged(func(m message) (err error) {
		family, err = decodeFamily(m)
		return err
	})
	switch {
	case errors.Is(err, unix.ENOENT):
		return ErrNoModule
	case err != nil:
		return fmt.Errorf("find the kernel's IPVS: %w", err)
	}
	c.family = family
	return nil
}
