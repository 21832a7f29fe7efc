package vrrp

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInboxKeepsTheLatest(t *testing.T) {
	b := newInbox()
	for range 100 {
		b.link("eth0", false)
		b.link("eth0", true)
		b.link("eth2", true)
		b.link("eth1", false)
		b.setSource(addr("192.0.2.1"))
		b.setSource(addr("192.0.2.2"))
	}
	<-b.wake
	// What is lost comes before what is gained.
	want := []Event{
		LinkChanged{Name: "eth1", Up: false},
		SourceChanged{Source: addr("192.0.2.2")},
		LinkChanged{Name: "eth0", Up: true},
		LinkChanged{Name: "eth2", Up: true},
	}
	if diff := cmp.Diff(want, b.take(), compareAddrs()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if rest := b.take(); rest != nil {
		t.Errorf("left: %v", rest)
	}
}

func TestInboxTellsOfChangedSourcesOnly(t *testing.T) {
	b := newInbox()
	b.setSource(addr("192.0.2.1"))
	b.take()
	<-b.wake
	b.setSource(addr("192.0.2.1"))
	if events := b.take(); events != nil || len(b.wake) > 0 {
		t.Errorf("events %v", events)
	}
	b.setSource(netip.Addr{})
	if diff := cmp.Diff([]Event{SourceChanged{}}, b.take(), compareAddrs()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
