package guardian

import (
	"encoding/json"
	"net"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/netif"
	"github.com/ldirector/ldirector/vrrp"
)

// fill gives every field of v a value that is not its zero value, so that a field
// that JSON loses is noticed, also one that comes later.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.MustParseAddr("fe80::1%eth0")))
		return
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix("192.0.2.1/24")))
		return
	case net.HardwareAddr:
		v.Set(reflect.ValueOf(net.HardwareAddr{0, 0, 0x5e, 0, 1, 51}))
		return
	case vrrp.State:
		v.Set(reflect.ValueOf(vrrp.Fault))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 11, 28, 4, 5, 6, 123456789, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%s has the unexported field %s", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0)) // the second one remains zero
	case reflect.Array:
		fill(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("name \"<&>\" ü")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<53 + 1)
		if v.Kind() == reflect.Int {
			v.SetInt(-1)
		}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(200)
	default:
		t.Fatalf("%s has an unexpected kind", v.Type())
	}
}

func TestWhatIsSentSurvivesJSON(t *testing.T) {
	for _, v := range []any{Setup{}, vrrp.Report{}, vrrp.Notice{}, commitment{}, legacy{}, order{}, lost{}, hello{}, record{}} {
		for _, filled := range []bool{false, true} {
			in := reflect.New(reflect.TypeOf(v))
			if filled {
				fill(t, in.Elem())
			}
			text, err := json.Marshal(in.Interface())
			if err != nil {
				t.Errorf("%T: %v", v, err)
				continue
			}
			out := reflect.New(reflect.TypeOf(v))
			if err := json.Unmarshal(text, out.Interface()); err != nil {
				t.Errorf("%T: %v", v, err)
				continue
			}
			if !reflect.DeepEqual(in.Interface(), out.Interface()) {
				t.Errorf("%T:\n got %+v\nwant %+v", v, out.Elem(), in.Elem())
			}
		}
	}
}

func TestSetupWithTwoRoutersOfOneName(t *testing.T) {
	s := Setup{Routers: []Router{router(1, time.Second), router(2, time.Second)}}
	if err := s.check(); err == nil {
		t.Error("no error")
	}
}

func TestTrackGroupsBecomeTrackers(t *testing.T) {
	s := Setup{
		Routers: []Router{router(1, time.Second)},
		TrackGroups: map[string][]string{
			"b": {"VI_1"}, "a": {"VI_0", "VI_1"}, "c": {"VI_2"},
		},
	}
	got := s.expand().Routers[0].Config.Trackers
	want := []vrrp.Tracker{{Kind: trackGroup, Name: "a"}, {Kind: trackGroup, Name: "b"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(s.Routers[0].Config.Trackers) != 0 {
		t.Error("the setup itself was changed")
	}
	for _, track := range s.groupTracks([]string{"a"}) {
		if up := track.Name != "a"; (track.Value == 1) != up {
			t.Errorf("group %s has value %d", track.Name, track.Value)
		}
	}
}

func TestAddressesOfRouter(t *testing.T) {
	r := router(1, time.Second)
	r.Master.Excluded = []netif.Address{
		{Prefix: netip.MustParsePrefix("192.0.2.101/24"), Device: "eth1"},
		{Prefix: netip.MustParsePrefix("192.0.2.102/24"), Device: "eth1", NoTrack: true},
	}
	s := Setup{Routers: []Router{r}}
	claimable := map[string][]netip.Addr{
		"eth0": {netip.MustParseAddr(virtual)},
		"eth1": {netip.MustParseAddr("192.0.2.101"), netip.MustParseAddr("192.0.2.102")},
	}
	if got := s.claimable(); !reflect.DeepEqual(got, claimable) {
		t.Errorf("claimable: got %v, want %v", got, claimable)
	}
	placed := []vrrp.Placed{
		{Interface: "eth0", Address: netip.MustParseAddr(virtual)},
		{Interface: "eth1", Address: netip.MustParseAddr("192.0.2.101")},
	}
	if got := r.placed(); !reflect.DeepEqual(got, placed) {
		t.Errorf("placed: got %v, want %v", got, placed)
	}
}
