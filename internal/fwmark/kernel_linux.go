package fwmark

import (
	"context"
	"errors"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// exchangeTimeout is for one exchange with the kernel if the context has no
// deadline. A transaction waits for those of others.
const exchangeTimeout = 30 * time.Second

// bufferSize is what one transaction and its answers may need: the kernel takes
// a transaction only as one datagram, with some 60 bytes for each range of
// addresses, and answers each of its messages. It is a limit, not an allocation.
const bufferSize = 64 << 20

// dial returns a connection whose sockets live for one exchange each, so that
// no late answer to one is taken for an answer to another.
func dial(ctx context.Context) (*nftables.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(exchangeTimeout)
	}
	return nftables.New(nftables.WithSockOptions(func(c *netlink.Conn) error {
		if err := c.SetWriteBuffer(bufferSize); err != nil {
			return err
		}
		if err := c.SetReadBuffer(bufferSize); err != nil {
			return err
		}
		return c.SetDeadline(deadline)
	}))
}

// read returns what is loaded; an empty state if there is no table.
func read(ctx context.Context) (state, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, explain(err)
	}
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyINet)
	switch {
	case errors.Is(err, unix.EINVAL): // of nfnetlink, which finds no nf_tables
		return nil, unsupported(unix.EINVAL)
	case err != nil:
		return nil, explain(err)
	}
	loaded := make(state)
	for _, c := range chains {
		if c.Table.Name != tableName {
			continue
		}
		rules, err := conn.GetRules(c.Table, c)
		if err != nil {
			return nil, explain(err)
		}
		for _, r := range rules {
			loaded[c.Name] = append(loaded[c.Name], comment(r.UserData))
		}
	}
	return loaded, nil
}

// setNames returns the names of the sets of our table, which is there.
func setNames(conn *nftables.Conn) ([]string, error) {
	sets, err := conn.GetSets(ourTable())
	if err != nil {
		return nil, explain(err)
	}
	var names []string
	for _, s := range sets {
		names = append(names, s.Name)
	}
	return names, nil
}

// comment returns the comment of a rule as nft writes it, "" if there is
// something else: type, length, text, NUL.
func comment(data []byte) string {
	if len(data) < 3 || data[0] != byte(userdata.TypeComment) || int(data[1]) != len(data)-2 {
		return ""
	}
	return string(data[2 : len(data)-1])
}

// load makes the kernel give the marks of the groups, where have is loaded, in
// three transactions. New sets come first, because some kernels let packets look
// into a new set before they can see its elements; old ones go last, because
// packets that still look into them would find nothing.
func load(ctx context.Context, want []group, have state) error {
	conn, err := dial(ctx)
	if err != nil {
		return explain(err)
	}
	c := newComposer(conn)
	var names []string
	if !have.laidOut() {
		c.layOut()
	} else if names, err = setNames(conn); err != nil {
		return err
	}
	wanted := sets(want)
	for i, s := range missing(wanted, names) {
		if err := c.addSet(i+1, s); err != nil {
			return err
		}
	}
	if err := flush(conn); err != nil {
		return err
	}
	c.replace(want)
	if err := flush(conn); err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := wanted[name]; !ok {
			c.deleteSet(name)
		}
	}
	return flush(conn)
}

func flush(conn *nftables.Conn) error {
	err := conn.Flush()
	if errors.Is(err, unix.ENOENT) { // a kind of chain or expression
		return unsupported(unix.ENOENT)
	}
	return explain(err)
}

// remove removes the table.
func remove(ctx context.Context) error {
	conn, err := dial(ctx)
	if err != nil {
		return explain(err)
	}
	conn.DelTable(ourTable())
	return explain(conn.Flush())
}
