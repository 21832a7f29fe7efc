package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/vrrp"
)

// A loader turns sources into a Config. It is used once, by one goroutine.
type loader struct {
	sources []source
	root    *block
	scope   *hcl.EvalContext
	secrets map[string]bool // "var.x" and "local.x" that end up in a password
	hidden  []hcl.Range     // places of values that must not be shown
	diags   hcl.Diagnostics
	config  Config

	numbers map[string]cty.Value // read by parsePlainBlock
	failed  bool                 // a block that was left for later is not plain
	known   map[digest]*decoded  // what such blocks mean, by their text

	defaults   timing          // of all probes
	ssl        probetls.Config // the same for TLS
	interner   *interner
	checks     map[string]*namedCheck
	named      []reference // the checks and files that have been named
	trackFiles map[string]*TrackFile

	trackables map[vrrp.TrackerKind]map[string]*trackable
	services   []*tracked // virtual servers that instances track
	asked      []Probe    // of trackers

	mail       bool // there is a block email
	pools      map[string]*pool
	syncDaemon *hcl.Range // place of the block sync_daemon, nil: none
}

func newLoader(sources []source, known map[digest]*decoded, interner *interner, diags hcl.Diagnostics) *loader {
	root := language()
	return &loader{sources: sources, known: known, interner: interner, root: root, defaults: defaultTiming(root), diags: diags}
}

// errorAt reports an error. detail says what is wrong and the way out.
func (l *loader) errorAt(at hcl.Range, summary, detail string, args ...any) {
	l.diags = append(l.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &at,
	})
}

// warnAt warns of something that has no effect.
func (l *loader) warnAt(at hcl.Range, summary, detail string, args ...any) {
	l.diags = append(l.diags, &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &at,
	})
}

// broken tells whether the syntax of any file has errors. What such a file
// defines is not fully known then.
func (l *loader) broken() bool {
	return slices.ContainsFunc(l.sources, func(s source) bool { return s.broken })
}

// decode reads the blocks of all files that could be parsed.
func (l *loader) decode() {
	top := &content{l: l, spec: l.root}
	for i := range l.sources {
		src := &l.sources[i]
		if src.body == nil || src.broken {
			continue
		}
		for _, b := range l.blocksOf(src.body) {
			if b.Type == "virtual_server" {
				src.blocks = append(src.blocks, b)
			} else {
				top.blocks = append(top.blocks, b)
			}
		}
	}
	l.decodeGlobal(top.one("global"))
	l.decodeSSL(top.one("ssl"))
	l.decodeTrackFiles(top.all("track_file"))
	l.decodeChecks(top.all("check"))
	l.decodeVRRP(top)
	l.decodeIPVS(top.one("ipvs"))
	l.decodePools(top.all("pool"))
	named := l.named
	l.join(l.decodeServices(), named)
}

// blocksOf returns the blocks at the top of a file but those that define
// names, and reports what else stands there.
func (l *loader) blocksOf(file *hclsyntax.Body) hcl.Blocks {
	_, rest, _ := file.PartialContent(l.root.definitions())
	got, diags := l.expand(file, rest).Content(l.root.withoutDefinitions())
	l.explain(l.root, diags)
	return got.Blocks
}

// expand returns a body with its dynamic blocks written out. tree is where it
// comes from.
func (l *loader) expand(tree *hclsyntax.Body, body hcl.Body) hcl.Body {
	if !hasDynamic(tree) {
		return body
	}
	return dynblock.Expand(body, l.scope)
}

// hasDynamic tells whether body has dynamic blocks. Files without, which are
// most of the large ones, are spared the cost of their expansion.
func hasDynamic(body *hclsyntax.Body) bool {
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		return b.Type == "dynamic" || hasDynamic(b.Body)
	})
}

// finish returns the diagnostics in the order of the text, each once, and
// without anything that belongs to a password.
func (l *loader) finish() hcl.Diagnostics {
	for _, diag := range l.diags {
		l.explainReference(diag)
		l.hideSecrets(diag)
	}
	slices.SortStableFunc(l.diags, func(a, b *hcl.Diagnostic) int {
		return cmp.Or(comparePlaces(a, b), strings.Compare(a.Summary, b.Summary), strings.Compare(a.Detail, b.Detail))
	})
	// A dynamic block repeats an error for each of its iterations.
	return slices.CompactFunc(l.diags, func(a, b *hcl.Diagnostic) bool {
		return comparePlaces(a, b) == 0 && a.Summary == b.Summary && a.Detail == b.Detail
	})
}

// explainReference adds to a message about an unknown name what there is
// instead.
func (l *loader) explainReference(diag *hcl.Diagnostic) {
	switch {
	case diag.Expression == nil:
	case diag.Summary == "Call to unknown function" && !strings.Contains(diag.Detail, "Did you mean"):
		diag.Detail += fmt.Sprintf(" There are %s.", strings.Join(slices.Sorted(maps.Keys(l.scope.Functions)), ", "))
	case diag.Summary == "Unknown variable":
		diag.Detail += " Variables are written as var.NAME and locals as local.NAME."
	case diag.Summary == "Unsupported attribute":
		for r := range referencesOf(diag.Expression) {
			values, ok := l.scope.Variables[r.root]
			if ok && r.name != "" && !values.Type().HasAttribute(r.name) {
				diag.Detail = undefined(r, slices.Sorted(maps.Keys(values.Type().AttributeTypes())))
			}
		}
	}
}

// undefined says that r is not among the known names.
func undefined(r reference, known []string) string {
	if similar := suggest(r.name, known); similar != "" {
		return fmt.Sprintf("%s is not defined. Did you mean %s.%s?", r, r.root, similar)
	}
	text := fmt.Sprintf("%s is not defined.", r)
	if len(known) > 0 {
		text += fmt.Sprintf(" Defined are %s.", strings.Join(known, ", "))
	}
	if r.root == "var" {
		return text + fmt.Sprintf(" Add a block variable %q, or write the value out.", r.name)
	}
	return text + " Add it to a block locals, or write the value out."
}

// comparePlaces orders by place; those without a place come first.
func comparePlaces(a, b *hcl.Diagnostic) int {
	switch {
	case a.Subject == nil && b.Subject == nil:
		return 0
	case a.Subject == nil:
		return -1
	case b.Subject == nil:
		return 1
	}
	return cmp.Or(
		strings.Compare(a.Subject.Filename, b.Subject.Filename),
		cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
	)
}

// place writes a range as file:line, for messages about two places.
func place(r hcl.Range) string {
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}
