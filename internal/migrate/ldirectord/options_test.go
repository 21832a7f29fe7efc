package ldirectord

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/migrate"
)

// convertText converts a file with that text.
func convertText(t *testing.T, text string) (result string, report *migrate.Report) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ldirectord.cf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	doc, report, err := Convert(path, Options{Names: testNames()})
	if err != nil {
		t.Fatalf("%v: %v\n%s", err, report.Findings(), text)
	}
	return string(doc.Bytes()), report
}

// The sections that options are tried in.
const (
	webSection   = "virtual=192.0.2.10:80\n\treal=192.0.2.31:80 masq\n\tpersistent=60\n"
	web6Section  = "virtual6=[2001:db8::10]:80\n\treal6=[2001:db8::31]:80 masq\n"
	udpSection   = "virtual=192.0.2.10:514\n\treal=192.0.2.31:514 masq\n\tprotocol=udp\n\tchecktype=connect\n"
	sqlSection   = "virtual=192.0.2.10:3306\n\treal=192.0.2.31:3306 masq\n\tlogin=\"a\"\n\trequest=\"SELECT 1\"\n"
	shSection    = "virtual=192.0.2.10:80\n\treal=192.0.2.31:80 masq\n\tscheduler=sh\n"
	extSection   = "virtual=192.0.2.10:80\n\treal=192.0.2.31:80 masq\n\tchecktype=external\n"
	radSection   = "virtual=192.0.2.10:1812\n\treal=192.0.2.31:1812 masq\n"
	mailSettings = "emailalert=a@example.org\n"
)

// Every option, at every place where it may stand, changes the result or is
// reported: nothing is dropped silently.
func TestEveryOptionIsMappedOrReported(t *testing.T) {
	values := map[string]struct{ value, before, section string }{
		"autoreload": {"yes", "", webSection}, "callback": {`"/bin/sync"`, "", webSection},
		"emailalertfrom": {"b@example.org", mailSettings, webSection}, "execute": {"other.cf", "", webSection},
		"fork": {"yes", "", webSection}, "logfile": {`"/var/log/l.log"`, "", webSection},
		"maintenancedir": {"/etc/maintenance", "", webSection}, "readdquiescent": {"yes", "", webSection},
		"supervised": {"yes", "", webSection}, "checkcount": {"3", "", udpSection},
		"checkinterval": {"7", "", webSection}, "checktimeout": {"7", "", extSection},
		"cleanstop": {"no", "", webSection}, "emailalert": {"c@example.org", "", webSection},
		"emailalertfreq": {"60", mailSettings, webSection}, "emailalertstatus": {"running", mailSettings, webSection},
		"failurecount": {"4", "", webSection}, "fallback": {"192.0.2.40", "", webSection},
		"fallback6": {"[2001:db8::40]", "", web6Section}, "fallbackcommand": {"/bin/fallback", "", webSection},
		"negotiatetimeout": {"7", "", webSection}, "quiescent": {"yes", "", webSection},
		"smtp": {"mail.example.org", mailSettings, webSection}, "checkcommand": {"/bin/check", "", extSection},
		"checkport": {"81", "", webSection}, "checktype": {"ping", "", webSection},
		"database": {`"db"`, "", sqlSection}, "httpmethod": {"HEAD", "", webSection},
		"load": {`"x"`, "", webSection}, "login": {`"b"`, "", sqlSection}, "passwd": {`"p"`, "", sqlSection},
		"receive": {`"ok"`, "", webSection}, "request": {`"/ok"`, "", webSection},
		"secret": {`"s"`, "", radSection}, "service": {"smtp", "", webSection},
		"virtualhost": {"www.example.org", "", webSection}, "comment": {"Hello.", "", webSection},
		"monitorfile": {"/var/log/m.log", "", webSection}, "netmask": {"255.255.0.0", "", webSection},
		"ops": {"yes", "", udpSection}, "persistent": {"90", "", webSection},
		"protocol": {"udp", "", webSection}, "real": {"192.0.2.32:80 masq", "", webSection},
		"real6": {"[2001:db8::32]:80 masq", "", web6Section}, "schedflags": {"sh-port", "", shSection},
		"scheduler": {"lc", "", webSection}, "servicename": {"shop", "", webSection},
	}
	for _, o := range options() {
		try, ok := values[o.name]
		if !ok {
			t.Errorf("no value to try %s with", o.name)
			continue
		}
		delete(values, o.name)
		without := try.before + try.section
		texts := make(map[string]string)
		if o.place&atTop != 0 {
			texts["at the top"] = o.name + "=" + try.value + "\n" + without
		}
		if o.place&inVirtual != 0 {
			texts["in a virtual"] = without + "\t" + o.name + "=" + try.value + "\n"
		}
		for where, with := range texts {
			t.Run(o.name+" "+where, func(t *testing.T) {
				before, _ := convertText(t, without)
				after, report := convertText(t, with)
				reported := slices.ContainsFunc(report.Findings(), func(f migrate.Finding) bool { return f.Keyword == o.name && f.Line != 0 })
				if before == after && !reported {
					t.Errorf("%s is neither mapped nor reported", o.name)
				}
				if where == "at the top" && o.becomes != "" && before == after {
					t.Errorf("%s changes nothing, although it becomes %s", o.name, o.becomes)
				}
			})
		}
	}
	for name := range values {
		t.Errorf("%s is no option", name)
	}
}

// The words that docs/migration-ldirectord.md names for an option are those of
// the table, and the samples show that an importer writes them.
func TestDocumentedOptions(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "migration-ldirectord.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		name := strings.Trim(strings.TrimSpace(cells[1]), "`")
		if _, twice := rows[name]; twice {
			t.Errorf("%s has two rows", name)
		}
		rows[name] = strings.TrimSpace(cells[2]) + "|" + strings.TrimSpace(cells[3])
	}
	for _, o := range options() {
		where := map[place]string{atTop: "top", inVirtual: "virtual", anywhere: "both"}[o.place]
		becomes := "–"
		if o.becomes != "" {
			becomes = "`" + o.becomes + "`"
		}
		if got, want := rows[o.name], where+"|"+becomes; got != want {
			t.Errorf("the row of %s says %q, want %q", o.name, got, want)
		}
		delete(rows, o.name)
	}
	for name := range rows {
		t.Errorf("%s has a row, but is no option", name)
	}
}

// Every word of the table of options is in the golden files.
func TestDocumentedWordsAreWritten(t *testing.T) {
	var all bytes.Buffer
	for _, path := range samples(t, "good", "kernel") {
		text, err := os.ReadFile(strings.TrimSuffix(path, ".cf") + ".hcl")
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, o := range options() {
		for word := range strings.FieldsSeq(o.becomes) {
			if !bytes.Contains(all.Bytes(), []byte(word+" ")) {
				t.Errorf("%s becomes %s, but no sample shows it", o.name, word)
			}
		}
	}
}
