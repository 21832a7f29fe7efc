package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/api"
)

// A farmDaemon has one machine in three virtual servers, and another one.
type farmDaemon struct {
	scriptedDaemon
	st    api.Status
	stuck string // virtual server whose real servers obey no command
}

func newFarm() *farmDaemon {
	d := &farmDaemon{}
	for i, name := range []string{"web", "mail", "dns"} {
		d.st.VirtualServers = append(d.st.VirtualServers, api.VirtualServer{
			Name: name, QuorumUp: true, LiveWeight: 1, Services: []string{"TCP 192.0.2.100:80"},
			RealServers: []api.RealServer{
				{Address: "192.0.2.31:" + []string{"80", "25", "53"}[i], State: "up", Active: 2},
				{Address: "[2001:db8::32]:80", State: "up", Active: 7},
			}})
	}
	return d
}

func (d *farmDaemon) Status(context.Context) api.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.st
	st.VirtualServers = slices.Clone(st.VirtualServers)
	for i := range st.VirtualServers {
		v := &st.VirtualServers[i]
		v.RealServers = slices.Clone(v.RealServers)
	}
	return st
}

func (d *farmDaemon) Override(_ context.Context, virtual, real string, o director.Override) error {
	if virtual == d.stuck {
		return errors.New("no such kernel")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rs, err := d.st.At(api.Place{VirtualServer: virtual, RealServer: real})
	if err == nil {
		rs.Override = &api.Override{Command: o.Kind.String()}
	}
	return err
}

// passTime ends every connection of what is drained.
func (d *farmDaemon) passTime() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.st.VirtualServers {
		for j := range d.st.VirtualServers[i].RealServers {
			rs := &d.st.VirtualServers[i].RealServers[j]
			switch {
			case rs.Override == nil:
			case rs.Active > 1:
				rs.Active--
			default:
				rs.Active, rs.State, rs.Override.Over = 0, "drained", true
			}
		}
	}
}

// A machine is drained, disabled and enabled in all its virtual servers at once.
func TestEverywhere(t *testing.T) {
	for _, tt := range []struct{ args, out, stderr string }{
		{"drain 192.0.2.31", "drained 192.0.2.31:80 of web\ndrained 192.0.2.31:25 of mail\ndrained 192.0.2.31:53 of dns\n", ""},
		{"drain 192.0.2.31:25", "drained 192.0.2.31:25 of mail\n", ""},
		{"disable 2001:db8::32", "disabled [2001:db8::32]:80 of web\ndisabled [2001:db8::32]:80 of mail\ndisabled [2001:db8::32]:80 of dns\n", ""},
		{"enable [2001:DB8:0::32]:80", "enabled [2001:db8::32]:80 of web\nenabled [2001:db8::32]:80 of mail\nenabled [2001:db8::32]:80 of dns\n", ""},
		{"enable 192.0.2.41", "", "ldirector: there is no real_server \"192.0.2.41\". Did you mean \"192.0.2.31\"?\n"},
		{"disable 10.0.0.1", "", "ldirector: there is no real_server \"10.0.0.1\". Known: \"192.0.2.31\", \"192.0.2.31:25\", \"192.0.2.31:53\", \"192.0.2.31:80\", \"2001:db8::32\", \"[2001:db8::32]:80\".\n"},
	} {
		_, socket := serveDaemon(t, newFarm())
		out, stderr, code := ldirector(t.Context(), append([]string{"--socket", socket}, strings.Fields(tt.args)...)...)
		if out != tt.out || stderr != tt.stderr || (code != 0) != (tt.stderr != "") {
			t.Errorf("%s: exit code %d\n%s%s", tt.args, code, out, stderr)
		}
	}

	d := newFarm()
	d.stuck = "mail"
	_, socket := serveDaemon(t, d)
	out, stderr, code := ldirector(t.Context(), "--socket", socket, "drain", "192.0.2.31")
	if code != 1 || out != "drained 192.0.2.31:80 of web\ndrained 192.0.2.31:53 of dns\n" ||
		stderr != "ldirector: not drained: 192.0.2.31:25 of mail: no such kernel\n" {
		t.Errorf("one is stuck: exit code %d\n%s%s", code, out, stderr)
	}
}

// A wait sums up the connections of all.
func TestDrainEverywhereWaits(t *testing.T) {
	d, socket := serveDaemon(t, newFarm())
	c := api.NewClient(socket)
	places, err := placesOf(t.Context(), c, []string{"192.0.2.31"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		if err := c.Drain(t.Context(), p.VirtualServer, p.RealServer, 0); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	show := newProgress(writerFunc(func(text []byte) { out.Write(text); d.passTime() }), 0)
	if err := awaitDrain(t.Context(), c, places, show); err != nil {
		t.Fatal(err)
	}
	want := "6 connections left\n3 connections left\n192.0.2.31:80 of web is drained.\n192.0.2.31:25 of mail is drained.\n192.0.2.31:53 of dns is drained.\n"
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
	d.st.VirtualServers[1].RealServers[0].Override = nil
	if err := awaitDrain(t.Context(), c, places, show); !errors.Is(err, errNotDrained) || !strings.Contains(err.Error(), "192.0.2.31:25 of mail: ") {
		t.Errorf("taken back: %v", err)
	}
}
