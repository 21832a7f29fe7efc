// Package vm tests the script "run" beside it, which runs commands on a kernel
// with IPVS.
package vm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/internal/nettest"
)

// guestEnv is set in the guest of TestRunsTestBinary.
const guestEnv = "TEST_VM_GUEST"

// A result is what a command left behind.
type result struct {
	Status         int
	Stdout, Stderr string
}

// command returns the script with arguments, its temporary files below dir.
func command(tb testing.TB, dir string, args ...string) *exec.Cmd {
	tb.Helper()
	cmd := exec.Command("./run", args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "LDIRECTOR_VM=auto", "VM_OUT=")
	return cmd
}

// run runs cmd and returns its result.
func run(tb testing.TB, cmd *exec.Cmd) result {
	tb.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		tb.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// requireQEMU skips the test where no guest can be started.
func requireQEMU(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts a virtual machine, left out by -short")
	}
	nettest.Require(tb, "qemu-system-x86_64", "busybox", "apt-get")
}

func TestGuest(t *testing.T) {
	requireQEMU(t)
	t.Parallel()
	tmp, out, host := t.TempDir(), t.TempDir(), t.TempDir()
	victim := filepath.Join(host, "victim")
	if err := os.WriteFile(victim, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	script := `
pwd
printf '<%s>' "$0" "$@"; echo
echo "$LDIRECTOR_GREETING|$ASKED_FOR|${NOT_ASKED_FOR-unset}|$LDIRECTOR_VM"
head -n 1 /proc/net/ip_vs | cut -d ' ' -f 1-3
for m in ip_vs_wrr ip_vs_mh ipip ip6_tunnel ip_gre dummy veth bridge macvlan nf_conntrack; do
	modprobe $m || echo "cannot load $m"
done
echo "to standard error" >&2
echo "by name" >/dev/stderr
ls -A /run
cat ` + victim + ` && echo changed >` + victim + ` && cat ` + victim + `
touch /etc/ldirector-vm-was-here /var/tmp/ldirector-vm-was-here
echo "from the guest" >"$VM_OUT/file"
sleep 600 &
exit 42`
	cmd := command(t, tmp, "-q", "-e", "ASKED_FOR", "--", "sh", "-c", script, "two words", "$quoted 'and' \"so\"", "line\nbreak", "")
	cmd.Env = append(cmd.Env, "LDIRECTOR_GREETING=hello, guest", "ASKED_FOR=yes", "NOT_ASKED_FOR=no", "VM_OUT="+out)
	got := run(t, cmd)

	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	want := result{Status: 42, Stdout: wd + "\n" +
		"<two words><$quoted 'and' \"so\"><line\nbreak><>\n" +
		"hello, guest|yes|unset|native\n" +
		"IP Virtual Server\n" +
		"as it waschanged\n",
		Stderr: "to standard error\nby name\n"}
	line, rest, _ := strings.Cut(got.Stderr, "\n")
	if !strings.HasPrefix(line, "vm: on Linux 6.12.") || !strings.Contains(line, "under QEMU") {
		t.Errorf("first line on standard error %q, want the guest's kernel", line)
	}
	got.Stderr = rest
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{victim: "as it was", filepath.Join(out, "file"): "from the guest\n"} {
		if b, err := os.ReadFile(path); err != nil || string(b) != want {
			t.Errorf("%s holds %q, %v; want %q", path, b, err, want)
		}
	}
	for _, path := range []string{"/etc/ldirector-vm-was-here", "/var/tmp/ldirector-vm-was-here"} {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v; want that it does not exist on the host", path, err)
		}
	}
	wantEmpty(t, tmp)
}

// TestRunsTestBinary does what "go test -exec" does, while TestGuest's guest runs.
func TestRunsTestBinary(t *testing.T) {
	if os.Getenv(guestEnv) != "" {
		if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
			t.Error(err)
		}
		t.Log("here is the guest")
		return
	}
	requireQEMU(t)
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, t.TempDir(), "-q", binary, "-test.run=^TestRunsTestBinary$", "-test.v")
	cmd.Env = append(cmd.Env, guestEnv+"=1")
	got := run(t, cmd)
	if got.Status != 0 || !strings.Contains(got.Stdout, "here is the guest") || !strings.HasSuffix(got.Stdout, "PASS\n") {
		t.Errorf("got %+v; want a passed test", got)
	}
}

// TestOutputIsLive sees a line while the command still runs, then stops it.
func TestOutputIsLive(t *testing.T) {
	requireQEMU(t)
	t.Parallel()
	tmp := t.TempDir()
	cmd := command(t, tmp, "-q", "sh", "-c", "echo begun; sleep 600")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := time.AfterFunc(3*time.Minute, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	line := make([]byte, len("begun\n"))
	if n, err := stdout.Read(line); string(line[:n]) != "begun\n" {
		t.Errorf("read %q, %v; want a line from the running guest", line[:n], err)
	}
	stop.Stop()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) {
		t.Errorf("after SIGTERM: %v; want exit status 143; standard error:\n%s", err, &stderr)
	}
	wantEmpty(t, tmp)
	wantNoQEMU(t, tmp)
}

func TestKilledTakesQEMUAlong(t *testing.T) {
	requireQEMU(t)
	t.Parallel()
	tmp := t.TempDir()
	cmd := command(t, tmp, "-q", "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	nettest.Eventually(t, time.Minute, "QEMU runs", func() error {
		if len(processes(t, tmp)) == 0 {
			return errors.New("no such process")
		}
		return nil
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	wantNoQEMU(t, tmp)
}

func TestTimeLimit(t *testing.T) {
	requireQEMU(t)
	t.Parallel()
	tmp := t.TempDir()
	got := run(t, command(t, tmp, "-q", "-t", "2", "sleep", "600"))
	want := "vm: the command did not end within 2s and was stopped (-t SECONDS allows more)\n"
	if got.Status != 124 || !strings.Contains(got.Stderr, want) {
		t.Errorf("got %+v; want exit status 124 and %q", got, want)
	}
	wantEmpty(t, tmp)
	wantNoQEMU(t, tmp)
}

// TestNatively runs the script natively inside the guest, which has IPVS.
func TestNatively(t *testing.T) {
	requireQEMU(t)
	t.Parallel()
	script := `
ip link add name outside type dummy
LDIRECTOR_VM=auto ./run sh -c 'ip -br link | cut -d " " -f 1; ls -A /run; touch /run/inside; echo error >&2; sleep 600 & exit 42'
echo "status $?"
ls /run/inside 2>&1
LDIRECTOR_VM=auto ./run -t 1 sleep 600
echo "status $?"`
	got := run(t, command(t, t.TempDir(), "-q", "sh", "-c", script))
	want := "lo\nstatus 42\nls: cannot access '/run/inside': No such file or directory\nstatus 124\n"
	if diff := cmp.Diff(want, got.Stdout); diff != "" {
		t.Errorf("standard output (-want +got):\n%s", diff)
	}
	for _, want := range []string{"vm: natively on Linux 6.12.", "\nerror\n", "did not end within 1s"} {
		if !strings.Contains(got.Stderr, want) {
			t.Errorf("standard error lacks %q:\n%s", want, got.Stderr)
		}
	}
}

// TestRefuses proves that what cannot work ends with one sentence, and exit status 125.
func TestRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		env  []string
		want string
	}{
		{"no command", nil, nil, "vm: no command given (test/vm/run -h explains)\n"},
		{"unknown option", []string{"-x", "true"}, nil, "vm: unknown option or missing value: -x (test/vm/run -h explains)\n"},
		{"no number", []string{"-t", "soon", "true"}, nil, "vm: -m, -s and -t want a whole number above 0, not 'soon'\n"},
		{"unknown mode", []string{"true"}, []string{"LDIRECTOR_VM=xen"}, "vm: LDIRECTOR_VM must be auto, native or qemu, not 'xen'\n"},
		{
			"no QEMU", []string{"-q", "true"}, []string{"PATH=" + programs(t, "id", "uname", "readlink", "dpkg")},
			"vm: qemu-system-x86_64 is missing (apt-get install qemu-system-x86)\n",
		},
		{
			"no such kernel",
			[]string{"-q", "-k", "1.2", "true"},
			[]string{"XDG_CACHE_HOME=" + t.TempDir()},
			"vm: cannot get the guest's kernel: apt knows no package linux-image-1.2.*-amd64-unsigned (apt-get update, or another -k SERIES)\n",
		},
		{
			"cache not writable", []string{"-q", "true"}, []string{"XDG_CACHE_HOME=/dev/null"},
			"vm: cannot make the folder /dev/null/ldirector/vm (set XDG_CACHE_HOME to a writable one)\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if len(tt.args) > 0 && tt.args[0] == "-q" && tt.name != "no QEMU" {
				requireQEMU(t)
			}
			cmd := command(t, t.TempDir(), tt.args...)
			cmd.Env = append(cmd.Env, tt.env...)
			// Programs that the script calls may speak first, in words that differ between locales.
			got := run(t, cmd)
			if got.Status != 125 || got.Stdout != "" || !strings.HasSuffix("\n"+got.Stderr, "\n"+tt.want) {
				t.Errorf("got %+v; want status 125 and at the end of standard error\n%s", got, tt.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	got := run(t, command(t, t.TempDir(), "-h"))
	if got.Status != 0 || !strings.HasPrefix(got.Stdout, "usage: test/vm/run ") || got.Stderr != "" {
		t.Errorf("got %+v; want the usage on standard output", got)
	}
}

// programs returns a folder with links to nothing but the named programs and bash.
func programs(tb testing.TB, names ...string) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, name := range append(names, "bash", "env") {
		path, err := exec.LookPath(name)
		if err != nil {
			tb.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// wantEmpty checks that the script removed its temporary files.
func wantEmpty(tb testing.TB, dir string) {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	if len(entries) > 0 {
		tb.Errorf("%s is left behind in %s", entries[0].Name(), dir)
	}
}

// wantNoQEMU waits until no process has dir among its arguments.
func wantNoQEMU(tb testing.TB, dir string) {
	tb.Helper()
	nettest.Eventually(tb, 10*time.Second, "QEMU is gone", func() error {
		if left := processes(tb, dir); len(left) > 0 {
			return fmt.Errorf("process %v still runs", left)
		}
		return nil
	})
}

// processes returns the running processes that have text in their command line.
func processes(tb testing.TB, text string) []int {
	tb.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		tb.Fatal(err)
	}
	var found []int
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(line, []byte(text)) {
			continue // a process that has ended meanwhile, or another one
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}
