package stories

import (
	"fmt"
	"testing"
)

// A file lowers the priority, or is a fault, as long as it is there; or a number in
// a file does. The scripts hear of every change in order, the specific one first.
func TestMaintenance(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		weight int
		begin  func(*node)
		end    func(*node)
	}{
		{"file, priority", -20, func(d *node) { d.write("down", "") }, func(d *node) { d.remove("down") }},
		{"file, fault", 0, func(d *node) { d.write("down", "") }, func(d *node) { d.remove("down") }},
		{"number, priority", -20, func(d *node) { d.write("maintenance", "1\n") }, func(d *node) { d.write("maintenance", "0\n") }},
		{"number, fault", 0, func(d *node) { d.write("maintenance", "1\n") }, func(d *node) { d.remove("maintenance") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPair(t)
			for _, d := range []*node{p.d1, p.d2} {
				d.Serve(":80", d.name)
				d.recorder("notify.sh")
			}
			p.start("maintenance.hcl", "dir=DIR", fmt.Sprint("weight=", tt.weight))
			client := p.follow(ask)
			client.awaitServed("d1")

			tt.begin(p.d1)
			state, told := "BACKUP", []string{"backup", "any INSTANCE VI_1 BACKUP 80"}
			if tt.weight == 0 {
				state, told = "FAULT", []string{"fault", "any INSTANCE VI_1 FAULT 100", "backup", "any INSTANCE VI_1 BACKUP 100"}
			}
			p.await(state, "MASTER")
			client.awaitServed("d2")
			tt.end(p.d1)
			p.await("MASTER", "BACKUP")
			client.awaitServed("d1")
			if fails := client.close("d1 d2 d1"); fails > 2 { // one may be under way each time
				t.Errorf("%d failures", fails)
			}

			if err := p.d1.daemon.Stop(soon); err != nil {
				t.Errorf("stop: %v", err)
			}
			p.d2.await("MASTER")
			want := []string{"backup", "any INSTANCE VI_1 BACKUP 100", "master", "any INSTANCE VI_1 MASTER 100"}
			want = append(want, told...)
			p.d1.heard("notify.sh", append(want, "master", "any INSTANCE VI_1 MASTER 100", "stop", "any INSTANCE VI_1 STOP 100")...)
			p.d2.heard("notify.sh", "backup", "any INSTANCE VI_1 BACKUP 90", "master", "any INSTANCE VI_1 MASTER 90",
				"backup", "any INSTANCE VI_1 BACKUP 90", "master", "any INSTANCE VI_1 MASTER 90")
		})
	}
}
