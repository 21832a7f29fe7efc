package vrrp

import "testing"

// TestEffect has keepalived's arithmetic (vrrp_track.c).
func TestEffect(t *testing.T) {
	tests := []struct {
		name   string
		track  Tracker
		value  int
		weight int
		fault  bool
	}{
		{"weight 0 up", Tracker{Kind: TrackScript}, 1, 0, false},
		{"weight 0 down", Tracker{Kind: TrackScript}, 0, 0, true},
		{"weight 0 reversed up", Tracker{Kind: TrackScript, Reverse: true}, 1, 0, true},
		{"weight 0 reversed down", Tracker{Kind: TrackScript, Reverse: true}, 0, 0, false},
		{"positive weight up", Tracker{Kind: TrackInterface, Weight: 20}, 1, 20, false},
		{"positive weight down", Tracker{Kind: TrackInterface, Weight: 20}, 0, 0, false},
		{"negative weight up", Tracker{Kind: TrackInterface, Weight: -20}, 1, 0, false},
		{"negative weight down", Tracker{Kind: TrackInterface, Weight: -20}, 0, -20, false},
		{"positive weight reversed up", Tracker{Kind: TrackProcess, Weight: 20, Reverse: true}, 1, -20, false},
		{"positive weight reversed down", Tracker{Kind: TrackProcess, Weight: 20, Reverse: true}, 0, 0, false},
		{"negative weight reversed down", Tracker{Kind: TrackProcess, Weight: -20, Reverse: true}, 0, 20, false},
		{"file 0", Tracker{Kind: TrackFile, Weight: -2}, 0, 0, false},
		{"file 10", Tracker{Kind: TrackFile, Weight: -2}, 10, -20, false},
		{"file reversed", Tracker{Kind: TrackFile, Weight: -2, Reverse: true}, 10, 20, false},
		{"file at the limit", Tracker{Kind: TrackFile, Weight: 1}, -253, -253, false},
		{"file beyond it", Tracker{Kind: TrackFile, Weight: 1}, -254, -253, true},
		{"file far above", Tracker{Kind: TrackFile, Weight: 1}, 1 << 31, 253, false},
		{"file far below", Tracker{Kind: TrackFile, Weight: 254}, -1 << 31, -253, true},
		{"file with weight 0", Tracker{Kind: TrackFile}, 0, 0, false},
		{"other file with weight 0", Tracker{Kind: TrackFile}, -1, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if fault, weight := tt.track.effect(tt.value); fault != tt.fault || weight != tt.weight {
				t.Errorf("fault %v, weight %d", fault, weight)
			}
		})
	}
}

func TestPriorityFollowsTheTrackers(t *testing.T) {
	type links = map[string]int
	tests := []struct {
		name    string
		base    uint8
		weights links
		values  links
		want    uint8
		fault   bool
	}{
		{"nothing tracked", 100, nil, nil, 100, false},
		{"unknown links count as up", 100, links{"eth1": 20, "eth2": -30}, nil, 120, false},
		{"weights add up", 100, links{"eth1": -20, "eth2": -30, "eth3": 5}, links{"eth1": 0, "eth2": 0, "eth3": 1}, 55, false},
		{"never below 1", 10, links{"eth1": -253}, links{"eth1": 0}, 1, false},
		{"never above 254", 200, links{"eth1": 253}, links{"eth1": 1}, 254, false},
		{"limits hold for the sum, not on the way", 200, links{"eth1": 253, "eth2": -253}, links{"eth1": 1, "eth2": 0}, 200, false},
		{"the owner is exempt from weights", 255, links{"eth1": -20}, links{"eth1": 0}, 255, false},
		{"the owner is not exempt from faults", 255, links{"eth1": 0}, links{"eth1": 0}, 255, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []Tracker
			for name, weight := range tt.weights {
				all = append(all, Tracker{Kind: TrackInterface, Name: name, Weight: weight})
			}
			tr := newTrackers(all)
			for name, value := range tt.values {
				tr.set(Track{TrackInterface, name, value})
			}
			tr.set(Track{TrackInterface, "another", 0})
			if got := tr.priority(tt.base); got != tt.want {
				t.Errorf("priority %d, want %d", got, tt.want)
			}
			if fault := tr.fault() != nil; fault != tt.fault {
				t.Errorf("fault %v, want %v", fault, tt.fault)
			}
		})
	}
}
