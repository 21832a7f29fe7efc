package ldirectord

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Resolver turns names into numbers. Errors are sentences for users, without
// the full stop.
type Resolver interface {
	// Host returns the address of a host, IPv6 if six is true and IPv4
	// otherwise.
	Host(name string, six bool) (netip.Addr, error)
	// Service returns the port of a service. Any protocol will do if protocol
	// is empty, otherwise it is "tcp" or "udp".
	Service(name, protocol string) (uint16, error)
}

// Files resolves names from files alone: an import never asks the network,
// because its answer could be another one tomorrow, or on the other director.
type Files struct {
	Hosts    string // path of a hosts(5) file
	Services string // path of a services(5) file
}

// LocalFiles are the files of this host.
func LocalFiles() Files { return Files{Hosts: "/etc/hosts", Services: "/etc/services"} }

// Host implements [Resolver].
func (f Files) Host(name string, six bool) (netip.Addr, error) {
	family := "an IPv4"
	if six {
		family = "an IPv6"
	}
	lines, err := fields(f.Hosts)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, line := range lines {
		addr, err := netip.ParseAddr(line[0])
		if err == nil && addr.Is6() == six && slices.ContainsFunc(line[1:], func(n string) bool { return strings.EqualFold(n, name) }) {
			return addr, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("%s has no line in %s with %s address; names are looked up there only, not in the network. Write the address, or add the name there while importing", name, f.Hosts, family)
}

// Service implements [Resolver].
func (f Files) Service(name, protocol string) (uint16, error) {
	lines, err := fields(f.Services)
	if err != nil {
		return 0, err
	}
	for _, line := range lines {
		if len(line) < 2 || line[0] != name && !slices.Contains(line[2:], name) {
			continue
		}
		number, proto, _ := strings.Cut(line[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err == nil && (protocol == "" || proto == protocol) {
			return uint16(port), nil
		}
	}
	return 0, fmt.Errorf("the service %s is not in %s. Write the number of the port", name, f.Services)
}

// fields returns the words of those lines of a file that have at least two.
func fields(path string) ([][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("names cannot be looked up: %w. Write numbers", err)
	}
	var lines [][]string
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if words := strings.Fields(line); len(words) > 1 {
			lines = append(lines, words)
		}
	}
	return lines, nil
}
