package config

import (
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ldirector/ldirector/healthcheck/file"
	"github.com/ldirector/ldirector/vrrp"
)

// A TrackFile is one block track_file.
type TrackFile struct {
	Name string
	Path string

	// Init is what is written to the file when the program starts: to one that
	// is missing, or with Overwrite to any; nil for nothing.
	Init      *int32
	Overwrite bool

	weight  said[int]
	reverse bool
	at      hcl.Range
}

func fileCheckBlock() *block {
	return &block{name: "file_check", keeps: []string{"FILE_CHECK"},
		args: []argument{
			{name: "track_file", kind: kindText, required: true, example: `"maintenance"`, form: "a track_file's name", keeps: []string{"track_file"}},
			{name: "weight", kind: kindNumber, inherits: "track_file's", low: math.MinInt32, high: math.MaxInt32, keeps: []string{"weight"}},
			{name: "weight_reverse", kind: kindBool, inherits: "track_file's", keeps: []string{"weight N reverse"}},
			{name: "delay_loop", kind: kindDuration, inherits: probeInherits, low: int64(10 * time.Millisecond), high: int64(24 * time.Hour), keeps: []string{"delay_loop"}},
		},
		probe: &probeKind{at: nowhere, retry: new(0), ownTimeout: true, decode: decodeFileCheck},
	}
}

func trackFileBlock() *block {
	return &block{name: "track_file", label: "name", keeps: []string{"track_file", "vrrp_track_file"}, args: []argument{
		{name: "file", kind: kindText, required: true, example: `"/run/maintenance"`, form: `"/PATH"`, keeps: []string{"file"}},
		{name: "weight", kind: kindNumber, def: "1", low: math.MinInt32, high: math.MaxInt32, keeps: []string{"weight"}},
		{name: "weight_reverse", kind: kindBool, def: "false", keeps: []string{"weight N reverse"}},
		{name: "init_file", kind: kindFields, form: `"N [overwrite]"`, keeps: []string{"init_file"}},
	}}
}

// decodeTrackFiles reads the track_file blocks.
func (l *loader) decodeTrackFiles(blocks iter.Seq[*hcl.Block]) {
	l.trackFiles = make(map[string]*TrackFile)
	names := make(map[string]hcl.Range)
	for b := range blocks {
		name, at := label(b)
		ok := l.checkName("track_file", name, at, names)
		c := l.open(b, l.root.child("track_file"))
		f := TrackFile{Name: name, Path: c.file("file"), weight: say(c, "weight", c.number), at: at}
		f.reverse, _ = c.boolean("weight_reverse")
		f.Init, f.Overwrite = c.initFile("init_file")
		if ok {
			l.trackFiles[name] = &f
			l.define(vrrp.TrackFile, name, &trackable{weight: f.weight.value, reverse: f.reverse, at: at})
			l.config.TrackFiles = append(l.config.TrackFiles, f)
		}
	}
}

// initFile returns what an argument says of the start: a number, "overwrite" or
// both.
func (c *content) initFile(name string) (value *int32, overwrite bool) {
	words, ok := c.list(name)
	if !ok || !c.given(name) {
		return nil, false
	}
	value = new(int32)
	for i, word := range words {
		n, err := strconv.ParseInt(word.text, 10, 32)
		switch {
		case err == nil && i == 0:
			*value = int32(n)
		case word.text == "overwrite" && i == len(words)-1:
			overwrite = true
		default:
			c.bad(name, "Invalid value", "%s is %q. Write a number, and overwrite behind it if it is to replace what is there.", name, strings.Join(textsOf(words), " "))
			return nil, false
		}
	}
	return value, overwrite
}

func textsOf(elements []element) []string {
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = e.text
	}
	return texts
}

func decodeFileCheck(c *content, p *probe) {
	if loop, ok := c.duration("delay_loop"); ok {
		p.timing.loop = &loop
	}
	p.timing.warmup = new(time.Duration(0))
	name, ok := c.text("track_file")
	if !ok {
		return
	}
	track := c.l.trackFiles[name]
	if track == nil {
		c.unknownTrackFile(name)
		return
	}
	c.l.named = append(c.l.named, reference{"track_file", name})
	weight := say(c, "weight", c.number).or(track.weight)
	reverse := track.reverse && !c.given("weight")
	if c.given("weight_reverse") {
		reverse, _ = c.boolean("weight_reverse")
	}
	if track.Path == "" {
		p.invalid = true
		return
	}
	ask(c, p, file.Config{Path: track.Path, Weight: int32(weight.value), Reverse: reverse}, file.New)
}

// unknownTrackFile reports a name that no track_file has.
func (c *content) unknownTrackFile(name string) {
	known := slices.Sorted(maps.Keys(c.l.trackFiles))
	similar := suggest(name, known)
	switch {
	case c.l.broken(): // it may be in the part that could not be read
		c.find("track_file").wrong = true
	case similar != "":
		c.bad("track_file", "Unknown track_file", "There is no track_file %q. Did you mean %q?", name, similar)
	case len(known) == 0:
		c.bad("track_file", "Unknown track_file", "There is no track_file %q, nor any other. Add a block track_file %q.", name, name)
	default:
		c.bad("track_file", "Unknown track_file", "There is no track_file %q. There are %s.", name, strings.Join(quoteAll(known), ", "))
	}
}

// reportUnusedFiles warns of files that nobody tracks.
func (l *loader) reportUnusedFiles(used map[reference]bool) {
	for _, f := range l.config.TrackFiles {
		if used[reference{"track_file", f.Name}] || l.broken() {
			continue
		}
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning,
			Summary:  "Unused track_file",
			Detail:   "No file_check names this file, and no vrrp_instance tracks it. Write track_file = \"" + f.Name + "\" in one, or remove it.",
			Subject:  &f.at,
		})
	}
}
