package track

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		stat, name string
		running    bool
	}{
		{"5 (nginx) S 1 5 5 0 -1", "nginx", true},
		{"5 (a (b) c) R 1 5 5 0 -1", "a (b) c", true},
		{"5 () S 1", "", true},
		{"5 (nginx) Z 1 5 5 0 -1", "nginx", false},
		{"5 (nginx) X 1 5 5 0 -1", "nginx", false},
		{"5 (nginx) ", "", false},
		{"5 (nginx)", "", false},
		{") (", "", false},
		{"", "", false},
	}
	for _, tt := range tests {
		if name, running := parseStat([]byte(tt.stat)); name != tt.name || running != tt.running {
			t.Errorf("%q: got %q, %v", tt.stat, name, running)
		}
	}
}

func TestParseCmdline(t *testing.T) {
	tests := []struct {
		cmdline string
		want    []string
	}{
		{"", nil},
		{"\x00\x00", nil},
		{"sleep\x00600\x00", []string{"sleep", "600"}},
		{"sh\x00-c\x00\x00x\x00", []string{"sh", "-c", "", "x"}},
		{"nginx: worker process\x00\x00\x00\x00", []string{"nginx: worker process"}},
		{"title without an end", []string{"title without an end"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, parseCmdline([]byte(tt.cmdline))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.cmdline, diff)
		}
	}
}

func TestProcesses(t *testing.T) {
	cmd := exec.Command("/bin/sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	all, err := procfs("/proc").all(true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(program{name: "sleep", args: []string{"/bin/sleep", "600"}}, all[pid], cmp.AllowUnexported(program{})); diff != "" {
		t.Errorf("process (-want +got):\n%s", diff)
	}
	if _, ok := all[os.Getpid()]; !ok {
		t.Error("this process is missing")
	}
	if is, ok := procfs("/proc").one(pid, false); !ok || is.name != "sleep" || is.args != nil {
		t.Errorf("got %+v, %v", is, ok)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if is, ok := procfs("/proc").one(pid, true); ok {
		t.Errorf("after its end there is %+v", is)
	}
	if _, err := procfs("/none").all(true); err == nil {
		t.Error("no error without processes")
	}
}
