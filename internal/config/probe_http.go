package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ldirector/ldirector/healthcheck/httpget"
)

// httpBlocks are http_get and ssl_get.
func httpBlocks() []*block {
	url := urlBlock()
	plain := &block{name: "http_get", keeps: []string{"HTTP_GET"}, args: httpArguments(), groups: portGroups(), blocks: []*block{url},
		probe: &probeKind{at: atPort, decode: func(c *content, p *probe) { decodeHTTP(c, p, httpget.Config{}) }},
	}
	secure := &block{name: "ssl_get", keeps: []string{"SSL_GET"}, args: httpArguments(), groups: append(portGroups(), tlsGroup()), blocks: []*block{url},
		probe: &probeKind{at: atPort, decode: func(c *content, p *probe) { decodeHTTP(c, p, httpget.Config{SSL: true, TLS: c.tls()}) }},
	}
	return []*block{plain, secure}
}

func httpArguments() []argument {
	return []argument{
		{name: "http_protocol", kind: kindWord, def: `"1.0"`, words: []string{"1.0", "1.0C", "1.1", "2"}, keeps: []string{"http_protocol"}},
		{name: "virtualhost", kind: kindText, inherits: probeInherits, keeps: []string{"virtualhost"}},
		{name: "method", kind: kindText, def: `"GET"`},
		{name: "headers", kind: kindTexts, def: "{}"},
		{name: "body", kind: kindData},
		{name: "basic_auth", kind: kindText, form: `"USER:PASSWORD"`},
		{name: "redirects", kind: kindNumber, def: "0", low: 0, high: 20},
		{name: "body_limit", kind: kindNumber, def: "1048576", low: 1, high: 1 << 30},
		{name: "weight_from", kind: kindWeight},
	}
}

func urlBlock() *block {
	return &block{name: "url", keeps: []string{"url"}, args: []argument{
		{name: "path", kind: kindText, required: true, example: `"/health"`, keeps: []string{"path"}},
		{name: "status_code", kind: kindFields, def: `["200-299"]`, form: `200, "301-302"`, keeps: []string{"status_code"}},
		{name: "digest", kind: kindText, form: "32 hexadecimal digits", keeps: []string{"digest"}},
		{name: "sha256", kind: kindText, form: "64 hexadecimal digits"},
		{name: "regex", kind: kindRegexp, keeps: []string{"regex"}},
		{name: "regex_no_match", kind: kindBool, def: "false", keeps: []string{"regex_no_match"}},
		{name: "regex_options", kind: kindWords, words: []string{"caseless", "multiline", "dotall", "ungreedy"}, keeps: []string{"regex_options"}},
		{name: "regex_min_offset", kind: kindNumber, def: "0", low: 0, high: 1 << 30, keeps: []string{"regex_min_offset"}},
		{name: "regex_max_offset", kind: kindNumber, inherits: "the end", low: 1, high: 1 << 30, keeps: []string{"regex_max_offset"}},
		{name: "virtualhost", kind: kindText, inherits: "http_get's or ssl_get's", keeps: []string{"virtualhost"}},
	}}
}

// decodeHTTP reads http_get or ssl_get. cfg has what only one of them has.
func decodeHTTP(c *content, p *probe, cfg httpget.Config) {
	cfg.Protocol, _ = c.text("http_protocol")
	cfg.VirtualHost, _ = c.text("virtualhost")
	cfg.Method, _ = c.text("method")
	headers := c.texts("headers")
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		cfg.Headers = append(cfg.Headers, httpget.Header{Name: name, Value: headers[name]})
	}
	cfg.Body, _ = c.text("body")
	if cfg.BasicAuth, _ = c.text("basic_auth"); c.given("basic_auth") && !strings.Contains(cfg.BasicAuth, ":") && !c.isWrong("basic_auth") {
		c.bad("basic_auth", "Invalid credentials", "basic_auth needs a user and a password. Write basic_auth = \"user:password\".")
	}
	cfg.Redirects, _ = c.number("redirects")
	limit, _ := c.number("body_limit")
	cfg.BodyLimit = int64(limit)
	cfg.Weight = c.weightFrom("weight_from")
	for b := range c.all("url") {
		u := c.l.open(b, c.spec.child("url"))
		cfg.URLs = append(cfg.URLs, u.url())
		p.invalid = p.invalid || u.anyWrong() || !u.given("path")
	}
	p.questions = len(cfg.URLs)
	switch {
	case len(cfg.URLs) == 0 && c.complete:
		c.l.errorAt(c.at, "Missing block", "%s asks for nothing. Add a block url, such as url { path = \"/\" }.", c.title())
		p.invalid = true
		return
	case p.invalid || c.anyWrong() || !c.complete:
		return
	}
	if cfg.VirtualHost != "" { // so that all places have the same
		ask(c, p, cfg, httpget.New)
		return
	}
	p.takesHost = true
	p.ask = func(where probePlace) (*question, error) {
		cfg := cfg
		cfg.VirtualHost = where.virtualHost
		return intern(c.l.interner, p.spec.name, cfg, httpget.New)
	}
}

// url reads one url block.
func (c *content) url() httpget.URL {
	var u httpget.URL
	u.Path, _ = c.text("path")
	u.VirtualHost, _ = c.text("virtualhost")
	if elements, ok := c.list("status_code"); ok && c.given("status_code") {
		words := make([]string, len(elements))
		for i, e := range elements {
			words[i] = e.text
		}
		u.Status = strings.Join(words, " ")
		if u.Status == "" {
			c.bad("status_code", "No status", "status_code is empty. Write at least one, or leave it out for 200 to 299.")
		}
	}
	u.Digest = c.hex("digest", 32, "ldirector genhash URL")
	u.SHA256 = c.hex("sha256", 64, "ldirector genhash --digest sha256 URL")
	u.Regex = c.regexp("regex")
	u.RegexNoMatch, _ = c.boolean("regex_no_match")
	u.RegexOptions, _ = c.words("regex_options")
	u.RegexMinOffset, _ = c.number("regex_min_offset")
	u.RegexMaxOffset, _ = c.number("regex_max_offset")
	for _, name := range []string{"regex_no_match", "regex_options", "regex_min_offset", "regex_max_offset"} {
		if c.given(name) && c.written("regex") == nil {
			c.bad(name, "Argument without effect", "%s is about a regular expression, and there is none. Add regex, or remove %s.", name, name)
		}
	}
	if c.given("regex_max_offset") && c.given("regex_min_offset") && u.RegexMaxOffset < u.RegexMinOffset && !c.anyWrong() {
		c.contradict("regex_max_offset", "regex_min_offset", "Nothing can begin both before the one and behind the other. Make regex_max_offset the larger one.")
	}
	return u
}

// hex returns the value of an argument that is a digest. way tells how to get
// one.
func (c *content) hex(name string, digits int, way string) string {
	text, ok := c.text(name)
	if !ok {
		return ""
	}
	text = strings.ToLower(text)
	if len(text) != digits || !regexp.MustCompile(`^[0-9a-f]+$`).MatchString(text) {
		c.bad(name, "Invalid digest", "%s has to be %d hexadecimal digits. %s prints them.", name, digits, way)
		return ""
	}
	return text
}

// texts returns the value of a kindTexts argument.
func (c *content) texts(name string) map[string]string {
	value, ok := c.lookup(name)
	if !ok {
		return nil
	}
	texts := make(map[string]string, value.LengthInt())
	for key, v := range value.AsValueMap() {
		if v.IsNull() {
			c.bad(name, "Null in a map", "%s has no value for %q. Leave it out.", name, key)
			return nil
		}
		texts[key] = v.AsString()
	}
	return texts
}

// weightType is what the functions header and body return.
func weightType() cty.Type {
	return cty.Object(map[string]cty.Type{"header": cty.String, "body": cty.Bool, "pattern": cty.String})
}

// headerFunc says that a weight is in a header of an answer.
func headerFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(weightType()),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.ObjectVal(map[string]cty.Value{"header": args[0], "body": cty.False, "pattern": cty.StringVal("")}), nil
		},
	})
}

// bodyFunc says that it is in the body, where a pattern matches.
func bodyFunc() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "pattern", Type: cty.String},
		Type:     function.StaticReturnType(weightType()),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			pattern := cty.StringVal("")
			switch len(args) {
			case 0:
			case 1:
				pattern = args[0]
			default:
				return cty.NilVal, function.NewArgErrorf(1, "one pattern is all it takes")
			}
			return cty.ObjectVal(map[string]cty.Value{"header": cty.StringVal(""), "body": cty.True, "pattern": pattern}), nil
		},
	})
}

// weightFrom returns the value of a kindWeight argument.
func (c *content) weightFrom(name string) httpget.WeightFrom {
	value, ok := c.lookup(name)
	if !ok {
		return httpget.WeightFrom{}
	}
	w := httpget.WeightFrom{
		Header:  value.GetAttr("header").AsString(),
		Body:    value.GetAttr("body").True(),
		Pattern: value.GetAttr("pattern").AsString(),
	}
	if _, err := regexp.Compile(w.Pattern); err != nil {
		c.bad(name, "Invalid regular expression", "%s: %s. Write RE2 syntax, which has no look-around and no back-references.", name, regexpError(err))
	}
	if w.Header == "" && !w.Body {
		c.bad(name, "Empty name", "%s names no header. Write for example %s = header(\"X-Weight\").", name, name)
	}
	return w
}
