package vrrp

import "net/netip"

func multicastGroup() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 18}) }
