package netif

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// A ruleForm is a rule as the kernel tells of it, or as it is told.
type ruleForm struct {
	header [unix.SizeofRtMsg]byte // struct fib_rule_hdr
	attrs  map[uint16][]byte
}

func parseRule(b []byte) (ruleForm, error) {
	if len(b) < unix.SizeofRtMsg {
		return ruleForm{}, fmt.Errorf("a message about a rule has %d bytes", len(b))
	}
	f := ruleForm{header: [unix.SizeofRtMsg]byte(b), attrs: make(map[uint16][]byte)}
	ad, err := netlink.NewAttributeDecoder(b[unix.SizeofRtMsg:])
	if err != nil {
		return ruleForm{}, err
	}
	for ad.Next() {
		f.attrs[ad.Type()] = ad.Bytes()
	}
	return f, ad.Err()
}

// is reports whether the kernel's rule is the one that was told. A rule that was
// told without a preference may have any.
func (kernel ruleForm) is(told ruleForm) bool {
	const table, flags = 4, 8
	a, b := kernel.header, told.header
	a[table], b[table] = 0, 0 // tables above 255 are in the attribute alone
	mask := uint32(unix.FIB_RULE_INVERT)
	for _, h := range []*[unix.SizeofRtMsg]byte{&a, &b} { // other flags are the kernel's
		binary.NativeEndian.PutUint32(h[flags:], binary.NativeEndian.Uint32(h[flags:])&mask)
	}
	if a != b {
		return false
	}
	for kind, value := range told.attrs {
		if !bytes.Equal(kernel.attrs[kind], value) {
			return false
		}
	}
	for kind, value := range kernel.attrs {
		if _, ok := told.attrs[kind]; !ok && kind != unix.FRA_PRIORITY && !isDefault(kind, value) {
			return false
		}
	}
	return true
}

// isDefault reports whether the kernel tells an attribute that nobody gave.
func isDefault(kind uint16, value []byte) bool {
	const sourcePortMask, destinationPortMask = 28, 29 // FRA_, since Linux 6.15, of single ports
	switch kind {
	case sourcePortMask, destinationPortMask:
		return bytes.Equal(value, []byte{0xff, 0xff})
	case unix.FRA_SUPPRESS_PREFIXLEN:
		return bytes.Equal(value, []byte{0xff, 0xff, 0xff, 0xff})
	case unix.FRA_TABLE, unix.FRA_L3MDEV, unix.FRA_PAD:
		return len(bytes.Trim(value, "\x00")) == 0
	}
	return false
}

// rules lists the rules of a family.
func (c *rtnetlink) rules(family int) ([]ruleForm, error) {
	request := message{kind: unix.RTM_GETRULE, body: make([]byte, unix.SizeofRtMsg)}
	request.body[0] = byte(family)
	all, err := dump(func() (all []ruleForm, err error) {
		err = c.list(request, func(body []byte) error {
			f, err := parseRule(body)
			all = append(all, f)
			return err
		})
		return all, err
	})
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return all, nil
}

// has reports whether the rule is there.
func (c *rtnetlink) has(r Rule) (bool, error) {
	body, err := r.body()
	if err != nil {
		return false, err
	}
	told, err := parseRule(body)
	if err != nil {
		return false, err
	}
	all, err := c.rules(int(body[0]))
	for _, kernel := range all {
		if kernel.is(told) {
			return true, nil
		}
	}
	return false, err
}
