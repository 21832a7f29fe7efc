package doctor

import (
	"os"
	"os/exec"
	"testing"
)

func TestSplitArgv(t *testing.T) {
	if got := splitArgv([]byte("perl\x00/usr/sbin/ldirectord\x00start\x00")); len(got) != 3 {
		t.Errorf("three words became %q", got)
	}
	if got := splitArgv([]byte("ldirectord ldirectord.cf\x00")); len(got) != 2 {
		t.Errorf("a title became %q", got)
	}
}

func TestProcesses(t *testing.T) {
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill(); child.Wait() })

	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Processes()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.Pid == child.Process.Pid {
			if p.Netns != own {
				t.Errorf("the child is in %s, want our own %s", p.Netns, own)
			}
			return
		}
	}
	t.Errorf("our child is not among %d processes", len(all))
}
