// Package vrrp tries the virtual routers of the built program from outside, in
// network namespaces: beside keepalived and FRRouting's vrrpd, which have to
// find nothing strange in them, and in pairs of their own, seen from a client.
// No test needs IPVS.
package vrrp
