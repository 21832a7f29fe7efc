package ftp_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/ftp"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Talker = (*ftp.Probe)(nil)
var _ healthcheck.Preparer = (*ftp.Probe)(nil)

func newProbe(t testing.TB, c ftp.Config) *ftp.Probe {
	t.Helper()
	p, err := ftp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// startVsftpd starts a server with the file status for anonymous.
func startVsftpd(t *testing.T, options string) healthcheck.Target {
	t.Helper()
	nettest.Require(t, nettest.NetNS, "vsftpd") // it changes users, and must be root
	dir := probetest.Dir(t, t.TempDir())
	addr := nettest.FreePort(t)
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	probetest.Write(t, filepath.Join(root, "status"), "load: 17\nall is well\n")
	probetest.Write(t, filepath.Join(root, "big"), strings.Repeat("x", 1<<20+1))
	conf := fmt.Sprintf(`
listen=YES
background=NO
listen_address=127.0.0.1
listen_port=%d
anonymous_enable=YES
local_enable=NO
anon_root=%s
secure_chroot_dir=%s
seccomp_sandbox=NO
%s`, addr.Port(), root, root, options)
	p := nettest.Start(t, "vsftpd", probetest.Write(t, filepath.Join(dir, "conf"), conf))
	probetest.Listening(t, p, addr)
	return healthcheck.Target{Addr: addr}
}

func TestVsftpd(t *testing.T) {
	t.Parallel()
	authority := nettest.NewAuthority(t, probetest.Dir(t, t.TempDir()))
	cert, key := authority.Issue(time.Hour, "127.0.0.1")
	secure := "ssl_enable=YES\nallow_anon_ssl=YES\nssl_ciphers=HIGH\nrsa_cert_file=" + cert + "\nrsa_private_key_file=" + key + "\n"
	plain := startVsftpd(t, "banner_file="+probetest.Write(t, filepath.Join(t.TempDir(), "banner"), "one\n220-two\n230 three\n"))
	explicit := startVsftpd(t, secure+"require_ssl_reuse=NO\n")
	reuse := startVsftpd(t, secure)
	implicit := startVsftpd(t, secure+"require_ssl_reuse=NO\nimplicit_ssl=YES\n")
	trusted := probetls.Config{Verify: true, CA: authority.File}
	for _, tt := range []struct {
		name   string
		target healthcheck.Target
		config ftp.Config
		want   string // in the reason; "" for up
	}{
		{"greeting", plain, ftp.Config{}, ""},
		{"login", plain, ftp.Config{Login: "anonymous", Passwd: "a@example.com"}, ""},
		{"other user", plain, ftp.Config{Login: "root", Passwd: "sesame"}, "login: 530 "},
		{"file", plain, ftp.Config{Login: "anonymous", Request: "/status"}, ""},
		{"file matches", plain, ftp.Config{Login: "anonymous", Request: "status", Receive: `(?m)^all is well$`}, ""},
		{"file does not match", plain, ftp.Config{Login: "anonymous", Request: "/status", Receive: "all is lost"}, "does not match receive: load: 17 all is well"},
		{"no file", plain, ftp.Config{Login: "anonymous", Request: "/other"}, "file: 550 "},
		{"big file", plain, ftp.Config{Login: "anonymous", Request: "/big"}, "data connection: server sent more than 1024 KiB"},
		{"no TLS", plain, ftp.Config{StartTLS: true}, "AUTH TLS: 530 "},
		{"starttls", explicit, ftp.Config{Login: "anonymous", Request: "/status", Receive: "well", StartTLS: true, TLSConfig: trusted}, ""},
		{"wrong certificate", explicit, ftp.Config{StartTLS: true, TLSConfig: probetls.Config{Verify: true}}, "unknown certificate authority"},
		{"session not used again", reuse, ftp.Config{Login: "anonymous", Request: "/status", StartTLS: true}, "522 "},
		{"tls", implicit, ftp.Config{Login: "anonymous", Request: "/status", TLS: true, TLSConfig: trusted}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := probetest.Ask(t.Context(), newProbe(t, tt.config), tt.target)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]ftp.Config{
		"passwd alone":  {Passwd: "x"},
		"request alone": {Request: "/x"},
		"receive alone": {Login: "a", Receive: "x"},
		"receive":       {Login: "a", Request: "/x", Receive: "("},
		"line break":    {Login: "a", Request: "/x\r\nDELE /y"},
		"tls twice":     {TLS: true, StartTLS: true},
	} {
		if _, err := ftp.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestFileComesFromTheTarget has a server before RFC 2428 that names another
// address for the file.
func TestFileComesFromTheTarget(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file nettest.Conduct
		end  string
		want string
	}{
		{func(c net.Conn) { io.WriteString(c, "well") }, "226 done", ""},
		{func(c net.Conn) { io.WriteString(c, "well") }, "426 broken", "file: 426 broken"},
		{nettest.Reset, "226 done", "data connection: connection reset by peer"},
	} {
		data := nettest.Serve(t, tt.file)
		addr := nettest.Serve(t, nettest.Say("120 wait\r\n220-hello\r\n220 \r\n", nettest.Answer("331\r\n", nettest.Answer("230 in\r\n",
			nettest.Answer("200 ok\r\n", nettest.Answer("502 what\r\n", nettest.Answer(passive(data),
				nettest.Answer("150 here\r\n"+tt.end+"\r\n", nettest.Answer("221 bye\r\n", nettest.Silent)))))))))
		p := newProbe(t, ftp.Config{Login: "anonymous", Request: "/status", Receive: "^well$"})
		_, err := probetest.Ask(t.Context(), p, healthcheck.Target{Addr: addr})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

// passive is the answer to PASV of a server behind another address.
func passive(data netip.AddrPort) string {
	return fmt.Sprintf("227 go (192,0,2,9,%d,%d)\r\n", data.Port()>>8, data.Port()&0xff)
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	p := newProbe(t, ftp.Config{Login: "alice", Passwd: "sesame", Request: "/status"})
	probetest.Survives(t, p, []string{"sesame"}, "220 hello\r\n", "331 go on\r\n", "230 in\r\n", "200 ok\r\n")
	probetest.Survives(t, newProbe(t, ftp.Config{StartTLS: true}), nil, "220 hello\r\n", "234 begin\r\n")
	probetest.Survives(t, newProbe(t, ftp.Config{TLS: true}), nil)
	probetest.Secretive(t, p, nettest.Say("220 hello\r\n", nettest.Answer("331 go on\r\n", probetest.Echo("530 you said "))), "sesame")
}

// TestHostileFiles has servers that are hostile on the data connection only.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for _, h := range nettest.Hostile() {
		if h.Name == "close" || h.Name == "garbage" || h.Name == "half close" { // what they send is the file
			continue
		}
		data := nettest.Serve(t, h.Conduct)
		addr := nettest.Serve(t, nettest.Say("220 hello\r\n", nettest.Answer("230 in\r\n", nettest.Answer("200 ok\r\n",
			nettest.Answer(fmt.Sprintf("229 go (|||%d|)\r\n", data.Port()), nettest.Answer("150 here\r\n", nettest.Silent))))))
		probetest.Fails(t, newProbe(t, ftp.Config{Login: "alice", Request: "/status"}), h.Name, addr)
	}
}

func TestAnswers(t *testing.T) {
	for said, want := range map[string]string{
		"421 too many users\r\n":        "greeting: 421 too many users",
		"220-a\r\n220b\r\n 220 \r\n":    "server closed the connection",
		"SSH-2.0-OpenSSH_9.2\r\n":       "no reply of FTP: SSH-2.0-OpenSSH_9.2",
		"220\r\n332 account?\r\n":       "login: 332 account?",
		"220\r\n331\r\n530 no\r\n":      "login: 530 no",
		"220\r\n230-a\r\n221 b\r\n":     "server closed the connection",
		"099 \r\n":                      "no reply of FTP: 099",
		"2200\r\n":                      "no reply of FTP: 2200",
		"220\r\n230-a\r\n b\r\n230\r\n": "",
	} {
		err := probetest.Talk(t, newProbe(t, ftp.Config{Login: "alice"}), []byte(said))
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%q: got %v, want %q", said, err, want)
		}
	}
}

func FuzzFTP(f *testing.F) {
	f.Add([]byte("220-hello\r\n220 \r\n331 go on\r\n230 in\r\n200 ok\r\n229 go (|||x|)\r\n"))
	f.Add([]byte("220\n230\n200\n500\n227 (1,2,3,4,5,x)\n"))
	p := newProbe(f, ftp.Config{Login: "alice", Passwd: "sesame"})
	f.Fuzz(func(t *testing.T, said []byte) { probetest.Talk(t, p, said, "sesame") })
}

func FuzzPorts(f *testing.F) {
	f.Add("229 go (|||6446|)")
	f.Add("227 go (192,0,2,9,25,46).")
	f.Fuzz(func(_ *testing.T, line string) { ftp.Ports(line) })
}
