package docs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

// A play does on machines what a page says, block by block:
//
//	<!-- stage: systemd -->             new machines; the directors have systemd, and the package to install
//	<!-- stage: pair -->                a running pair with testdata/pair.hcl, which is as it was at the end
//	<!-- file: director1 /etc/x -->     the block after it is that file
//	<!-- play: director1 -->            the block after it is run by a shell, word for word, and succeeds
//	<!-- play: director1, exits 2 -->   … ends with that code
//	<!-- play: director1, until -->     … again and again, until it prints what it should
//	<!-- prints -->                     the block after it is what that prints
//	<!-- setup: director1               what the reader is spared
//	…
//	-->
//
// In what is printed, … stands for anything in a line, and a line of … alone for
// any lines. Blanks count as one, and a time or a rate matches any other.
type play struct {
	t        *testing.T
	page     Page
	lan      *nettest.LAN
	systemd  bool
	machines map[string]*machine
}

// A cue is a mark with its words.
type cue struct {
	verb  string
	words []string
	until bool
	code  int
}

func parseCue(t *testing.T, mark string) cue {
	t.Helper()
	c := cue{}
	verb, rest, _ := strings.Cut(mark, ":")
	c.verb = verb
	parts := strings.Split(rest, ",")
	c.words = strings.Fields(parts[0])
	for _, part := range parts[1:] {
		switch f := strings.Fields(part); {
		case len(f) == 1 && f[0] == "until":
			c.until = true
		case len(f) == 2 && f[0] == "exits":
			code, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatalf("mark %q: %v", mark, err)
			}
			c.code = code
		default:
			t.Fatalf("mark %q is not understood", mark)
		}
	}
	return c
}

// TestPlay plays all pages. What is for a pair is played on the same one, page by
// page: each leaves it as it was.
func TestPlay(t *testing.T) {
	pages, err := Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	scenes := make(map[string][]scene)
	for _, page := range pages {
		for _, blocks := range stages(t, page) {
			name := blocks[0].Mark
			if name != "stage: pair" {
				name = fmt.Sprintf("%s:%d", filepath.Base(page.Path), blocks[0].Line)
			}
			scenes[name] = append(scenes[name], scene{page, blocks})
		}
	}
	for name, scenes := range scenes {
		t.Run(name, func(t *testing.T) {
			nettest.Require(t, nettest.NetNS, nettest.IPVS, nettest.Ipvsadm, nettest.Nginx, "curl", "nft", "tcpdump")
			t.Parallel()
			p := &play{t: t}
			p.stage(scenes)
			for _, s := range scenes {
				p.scene(s)
			}
		})
	}
}

// A scene is what a page plays on one stage.
type scene struct {
	page   Page
	blocks []Block // the first one is the stage
}

// stages are the blocks of a page from each stage to the next. What is before the
// first one must not be played.
func stages(t *testing.T, page Page) (parts [][]Block) {
	t.Helper()
	for _, b := range page.Blocks {
		verb, _, _ := strings.Cut(b.Mark, ":")
		switch {
		case verb == "stage":
			parts = append(parts, []Block{b})
		case len(parts) > 0:
			parts[len(parts)-1] = append(parts[len(parts)-1], b)
		case verb == "play" || verb == "setup" || verb == "file":
			t.Fatalf("%s:%d: %q before any stage", page.Path, b.Line, b.Mark)
		}
	}
	return parts
}

// scene plays one scene.
func (p *play) scene(s scene) {
	p.t.Helper()
	p.page = s.page
	for i, b := range s.blocks {
		c := parseCue(p.t, b.Mark)
		want := ""
		if i+1 < len(s.blocks) && s.blocks[i+1].Mark == "prints" {
			want = s.blocks[i+1].Text
		}
		switch c.verb {
		case "file":
			for _, name := range c.words[:len(c.words)-1] {
				p.machine(name).write(c.words[len(c.words)-1], b.Text)
			}
		case "setup", "play":
			p.everywhere(b, c, want)
		}
	}
}

// everywhere runs a block on all its machines at the same time.
func (p *play) everywhere(b Block, c cue, want string) {
	p.t.Helper()
	var running sync.WaitGroup
	errs := make([]error, len(c.words))
	for i, name := range c.words {
		m := p.machine(name)
		running.Go(func() { errs[i] = p.command(m, b, c, want) })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		p.t.Fatalf("%s:%d: %v", p.page.Path, b.Line, err)
	}
}

// stage boots the machines that the scenes name, and for a pair all.
func (p *play) stage(scenes []scene) {
	p.t.Helper()
	begin, kind := time.Now(), parseCue(p.t, scenes[0].blocks[0].Mark).words[0]
	if kind != "systemd" && kind != "pair" {
		p.t.Fatalf("%s: there is no stage %q", scenes[0].page.Path, kind)
	}
	p.machines, p.systemd = make(map[string]*machine), kind == "systemd"
	p.lan = nettest.NewLAN(p.t, "lan")
	used := make(map[string]bool)
	for _, s := range scenes {
		for _, b := range s.blocks {
			for _, word := range parseCue(p.t, b.Mark).words {
				used[word] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		if used[name] || kind == "pair" {
			p.machines[name] = p.boot(name)
		}
	}
	for _, m := range p.machines {
		m.awaitUp()
		if m.systemd {
			m.receive(packageFile(p.t))
		}
	}
	if kind == "pair" {
		p.pair()
	}
	p.t.Logf("the stage is ready after %v", time.Since(begin).Round(time.Second))
}

func (p *play) boot(name string) *machine {
	p.t.Helper()
	program, err := filepath.Abs("../../bin/ldirector")
	if err != nil {
		p.t.Fatal(err)
	}
	if bin := os.Getenv("LDIRECTOR_BIN"); bin != "" {
		program = bin
	}
	if p.systemd && strings.HasPrefix(name, "director") {
		return boot(p.t, p.lan, name, "", true) // it gets the package
	}
	m := boot(p.t, p.lan, name, program, false)
	if strings.HasPrefix(name, "backend") && !p.systemd {
		serve(p.t, m)
	}
	return m
}

// pair starts two directors with two back-ends.
func (p *play) pair() {
	p.t.Helper()
	config, err := os.ReadFile("testdata/pair.hcl")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, name := range []string{"backend1", "backend2", "client", "director1", "director2"} {
		p.machine(name).write("/etc/ldirector/ldirector.hcl", string(config))
	}
	p.do("ldirector realserver up", "backend1", "backend2")
	p.do("echo 'export LDIRECTOR_VAR_priority=90' >/root/priority", "director2")
	p.do(startDaemon, "director1", "director2")
	p.machine("director1").await("ldirector status", "MASTER", "up     1", "up     2")
	p.machine("director2").await("ldirector status", "BACKUP", "up     1", "up     2")
}

// startDaemon leaves a log for those who look for the reason of a failure.
const startDaemon = "test ! -e priority || . ./priority\nldirector run >/var/log/ldirector.log 2>&1 &"

func (p *play) do(script string, names ...string) {
	p.t.Helper()
	for _, name := range names {
		if out, code, err := p.machine(name).run(script); code != 0 || err != nil {
			p.t.Fatalf("%s on %s: exit code %d, %v\n%s", script, name, code, err, out)
		}
	}
}

// machine returns a machine of the stage.
func (p *play) machine(name string) *machine {
	p.t.Helper()
	m := p.machines[name]
	if m == nil {
		p.t.Fatalf("%s: there is no machine %q", p.page.Path, name)
	}
	return m
}

// packageFile is the Debian package in the folder old of the folder LDIRECTOR_DIST,
// or is built.
func packageFile(t *testing.T) string {
	t.Helper()
	dist := filepath.Join(os.Getenv("LDIRECTOR_DIST"), "old")
	if os.Getenv("LDIRECTOR_DIST") == "" {
		dist = t.TempDir()
		build := exec.Command("../../packaging/build", dist)
		build.Env = append(os.Environ(), "ARCHES="+runtime.GOARCH)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, out)
		}
	}
	found, err := filepath.Glob(filepath.Join(dist, "*.deb"))
	if err != nil || len(found) != 1 {
		t.Fatalf("packages %q, %v", found, err)
	}
	return found[0]
}

// serve answers HTTP on a back-end with its name.
func serve(t *testing.T, m *machine) {
	t.Helper()
	err := m.Do(func() error {
		s := &http.Server{ReadHeaderTimeout: soon, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, m.name+"\n")
		})}
		t.Cleanup(func() { _ = s.Close() })
		for _, port := range []string{":80", ":8080"} {
			l, err := net.Listen("tcp4", port)
			if err != nil {
				return err
			}
			go func() { _ = s.Serve(l) }()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// command runs a block and compares.
func (p *play) command(m *machine, b Block, c cue, want string) error {
	for begin := time.Now(); ; time.Sleep(pause) {
		out, code, err := m.run(b.Text)
		switch {
		case err != nil:
			return err
		case code != c.code:
			err = fmt.Errorf("on %s:\n%sexit code %d, want %d, output\n%s", m.name, b.Text, code, c.code, out)
		case want != "":
			err = compare(out, want)
		}
		if err == nil {
			p.t.Logf("%s:%d: after %v %s prints\n%s", p.page.Path, b.Line, time.Since(begin).Round(100*time.Millisecond), m.name, out)
			return nil
		}
		if !c.until || time.Since(begin) > soon {
			return fmt.Errorf("on %s:\n%s%w", m.name, b.Text, err)
		}
	}
}

// compare returns an error if what is printed is not what is wanted.
func compare(got, want string) error {
	pattern := regexp.MustCompile(`^` + patternOf(want) + `$`)
	if !pattern.MatchString(tidy(got)) {
		return fmt.Errorf("prints\n%s\nwant\n%s", got, want)
	}
	return nil
}

// tidy makes blanks one, and takes those at the end of a line away.
func tidy(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// patternOf is the regular expression for what is to be printed.
func patternOf(want string) string {
	times := regexp.MustCompile(`\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*|\b(\d+d)?(\d+h)?(\d+m)?(\d+s)\b|\b\d+d\d+h\b|\b\d+h\d+m\b|[\d.]+[kMG]? conn/s|[\d.]+[kMG]?i?B/s`)
	var b strings.Builder
	for line := range strings.Lines(tidy(want)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "…" {
			b.WriteString(`(?:.*\n)*`)
			continue
		}
		last := 0
		for _, at := range append(times.FindAllStringIndex(line, -1), []int{len(line), len(line)}) {
			b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line[last:at[0]]), "…", ".*"))
			if at[1] > at[0] {
				b.WriteString(`(?:` + times.String() + `)`)
			}
			last = at[1]
		}
		b.WriteString(`\n`)
	}
	return b.String()
}
