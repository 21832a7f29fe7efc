package vrrp

import "testing"

func TestPriorityFollowsTheLinks(t *testing.T) {
	tests := []struct {
		name  string
		base  uint8
		track []TrackInterface
		down  []string
		want  uint8
		fault bool
	}{
		{"nothing tracked", 100, nil, nil, 100, false},
		{"own link down", 100, nil, []string{"eth0"}, 100, true},
		{"own link down with a weight", 100, []TrackInterface{{"eth0", -10}}, []string{"eth0"}, 90, true},
		{"unknown link down", 100, nil, []string{"eth9"}, 100, false},
		{"weight 0 up", 100, []TrackInterface{{"eth1", 0}}, nil, 100, false},
		{"weight 0 down", 100, []TrackInterface{{"eth1", 0}}, []string{"eth1"}, 100, true},
		{"positive weight up", 100, []TrackInterface{{"eth1", 20}}, nil, 120, false},
		{"positive weight down", 100, []TrackInterface{{"eth1", 20}}, []string{"eth1"}, 100, false},
		{"negative weight up", 100, []TrackInterface{{"eth1", -20}}, nil, 100, false},
		{"negative weight down", 100, []TrackInterface{{"eth1", -20}}, []string{"eth1"}, 80, false},
		{"weights add up", 100, []TrackInterface{{"eth1", -20}, {"eth2", -30}, {"eth3", 5}}, []string{"eth1", "eth2"}, 55, false},
		{"never below 1", 10, []TrackInterface{{"eth1", -253}}, []string{"eth1"}, 1, false},
		{"never above 254", 200, []TrackInterface{{"eth1", 253}}, nil, 254, false},
		{"limits hold for the sum, not on the way", 200, []TrackInterface{{"eth1", 253}, {"eth2", -253}}, []string{"eth2"}, 200, false},
		{"the owner is exempt from weights", 255, []TrackInterface{{"eth1", -20}}, []string{"eth1"}, 255, false},
		{"the owner is not exempt from faults", 255, []TrackInterface{{"eth1", 0}}, []string{"eth1"}, 255, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLinks(&Config{Interface: "eth0", TrackInterfaces: tt.track})
			for _, name := range tt.down {
				l.set(name, false)
			}
			if got := l.priority(tt.base); got != tt.want {
				t.Errorf("priority %d, want %d", got, tt.want)
			}
			if got := l.faulty(); got != tt.fault {
				t.Errorf("faulty %v, want %v", got, tt.fault)
			}
			for _, name := range tt.down {
				l.set(name, true)
			}
			if l.faulty() {
				t.Error("faulty with every link up")
			}
		})
	}
}
