package config

import (
	"log/slog"
	"path"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// maxSocketPath is the longest path of a unix socket (unix(7), sun_path
// without its final NUL).
const maxSocketPath = 107

// decodeGlobal reads the block global, b; without one the defaults hold.
func (l *loader) decodeGlobal(b *hcl.Block) {
	c := l.openOrDefault(b, l.root.child("global"))
	log := l.openOrDefault(c.one("log"), c.spec.child("log"))
	api := l.openOrDefault(c.one("api"), c.spec.child("api"))
	metrics := l.openOrDefault(c.one("metrics"), c.spec.child("metrics"))

	g := &l.config.Global
	var ok bool
	g.RouterID, ok = c.text("router_id")
	if ok && strings.TrimSpace(g.RouterID) == "" {
		c.bad("router_id", "Empty name", "router_id is empty. Leave it out to use the host's name.")
	}
	g.ScriptUser, ok = c.text("script_user")
	if ok && !userName().MatchString(g.ScriptUser) {
		c.bad("script_user", "Invalid user name", "script_user is %q. Write the name of one user, or leave it out to run scripts as the daemon's own.", g.ScriptUser)
	}

	l.decodeVRRPGlobal(c)

	level, _ := log.text("level")
	switch level {
	case "debug":
		g.Log.Level = slog.LevelDebug
	case "warn":
		g.Log.Level = slog.LevelWarn
	case "error":
		g.Log.Level = slog.LevelError
	default:
		g.Log.Level = slog.LevelInfo
	}
	g.Log.Format, _ = log.text("format")

	g.Metrics.RealServers, _ = metrics.boolean("real_servers")
	g.Metrics.MaxSeries, _ = metrics.number("max_series")

	if http := c.one("http"); http != nil {
		g.HTTP = l.decodeHTTP(http)
	}
	l.decodeAPI(api)
	l.decodeAlerts(c)
}

// decodeAPI reads the block api.
func (l *loader) decodeAPI(api *content) {
	g := &l.config.Global
	var ok bool
	g.APIGroup, ok = api.text("group")
	if ok && !userName().MatchString(g.APIGroup) {
		api.bad("group", "Invalid group name", "group is %q. Write the name of one group, or leave it out.", g.APIGroup)
	}
	g.API, ok = api.text("listen")
	file, unix := strings.CutPrefix(g.API, "unix:")
	switch {
	case !ok:
	case !unix || !path.IsAbs(file):
		api.bad("listen", "Invalid socket", "listen is %q. Write \"unix:\" and an absolute path, such as \"unix:/run/ldirector/ldirector.sock\".", g.API)
	case len(file) > maxSocketPath:
		api.bad("listen", "Socket path too long", "The path has %d bytes; the kernel takes %d. Choose a shorter one.", len(file), maxSocketPath)
	}
}

// userName matches what may be the name of a user or group.
func userName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`) }

// decodeVRRPGlobal reads what the block global says of virtual routers.
func (l *loader) decodeVRRPGlobal(c *content) {
	v := &l.config.VRRP
	v.StartupDelay, _ = c.duration("vrrp_startup_delay")
	v.DelayAfterBoot, _ = c.duration("vrrp_delay_after_boot")
	v.Guardian, _ = c.boolean("guardian")
	seen := make(map[string]string)
	v.FIFO.Path, v.FIFO.Script = c.fifo("notify_fifo", seen)
	v.FIFO.VRRP, v.FIFO.VRRPScript = c.fifo("vrrp_notify_fifo", seen)
	v.FIFO.LVS, v.FIFO.LVSScript = c.fifo("lvs_notify_fifo", seen)
}

// fifo reads the path of a FIFO and the command that reads it. seen holds the
// arguments of other ones by their paths.
func (c *content) fifo(name string, seen map[string]string) (file string, script []string) {
	file, ok := c.text(name)
	script = c.command(name + "_script")
	switch {
	case !ok && script != nil && !c.isWrong(name):
		c.bad(name+"_script", "Missing argument", "There is no %s that the program could read. Add its path, or remove %s_script.", name, name)
	case !ok:
	case !path.IsAbs(file):
		c.bad(name, "Invalid path", "%s is %q. Write an absolute path, such as \"/run/ldirector/notify\".", name, file)
	case seen[file] != "":
		c.contradict(name, seen[file], "Both write to the same FIFO, and a reader could not tell the lines apart. Write another path.")
	}
	if ok {
		seen[file] = name
	}
	return file, script
}
