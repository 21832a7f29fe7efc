// Package fwmark gives packets the firewall marks by which IPVS finds a virtual
// server, so that one service of the kernel covers thousands of addresses and
// ports (keepalived's nftables_ipvs).
package fwmark
