package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ldirector/ldirector/director"
	"github.com/ldirector/ldirector/internal/plan"
)

var update = flag.Bool("update", false, "rewrite openapi.json")

// An operation is what the document says of a route beside its types.
type operation struct {
	summary string
	in      any // body of the request; nil: none
	out     any // body of the answer; a string: a media type that is not described
	query   map[string]string
	errors  []int
}

// operations are those of all routes.
func operations() map[string]operation {
	const real = "/api/v1/virtual_servers/{name}/real_servers/{address}"
	command := []int{404, 409}
	return map[string]operation{
		"GET /healthz":                               {summary: "Whether the daemon does its work; needs no token", out: Health{}, errors: []int{503}},
		"GET /api/v1/openapi.json":                   {summary: "This document", out: "application/json"},
		"GET /api/v1/status":                         {summary: "The whole state", out: Status{}},
		"GET /api/v1/virtual_servers/{name}":         {summary: "One virtual server, by its name or one of its addresses", out: VirtualServer{}, errors: []int{404}},
		"GET " + real:                                {summary: "One real server; the port may be left out where the address is unique", out: RealServer{}, errors: []int{404}},
		"GET " + real + "/probes":                    {summary: "What its probes said last", out: Probes{}, errors: []int{404}},
		"GET /api/v1/vrrp_instances/{name}":          {summary: "One VRRP instance", out: VRRPInstance{}, errors: []int{404}},
		"GET /api/v1/events":                         {summary: "The latest events", out: Events{}, query: map[string]string{"after": "only those with a greater number", "limit": "how many at most, the newest"}, errors: []int{400}},
		"GET /api/v1/events/stream":                  {summary: "Events as they come, as server-sent events whose data are each an Event; resumable by Last-Event-ID", out: "text/event-stream", query: map[string]string{"after": "begin after the event with this number; without it and Last-Event-ID with new ones"}, errors: []int{400, 503}},
		"POST /api/v1/reload":                        {summary: "Read the configuration again and do what has changed", out: Reload{}, errors: []int{422, 500}},
		"POST /api/v1/plan":                          {summary: "Read the configuration again and say what a reload would change in the kernel; nothing is changed", out: plan.Plan{}, errors: []int{422, 500}},
		"POST " + real + "/drain":                    {summary: "Let nobody new come, and take the server out when its connections have ended", in: DrainRequest{}, out: struct{}{}, errors: append([]int{400}, command...)},
		"POST " + real + "/disable":                  {summary: "Take the server out of the table", out: struct{}{}, errors: command},
		"POST " + real + "/enable":                   {summary: "Take back what drain, disable and weight have done", out: struct{}{}, errors: command},
		"PUT " + real + "/weight":                    {summary: "Another weight in place of the configured one", in: WeightRequest{}, out: struct{}{}, errors: append([]int{400}, command...)},
		"POST " + real + "/probe":                    {summary: "Make the probes of the server due now", out: struct{}{}, errors: command},
		"POST /api/v1/vrrp_instances/{name}/release": {summary: "Hand over to a backup, and do not preempt it", out: struct{}{}, errors: command},
		"POST /api/v1/vrrp_instances/{name}/preempt": {summary: "Take a release back", out: struct{}{}, errors: command},
		"PUT /api/v1/vrrp_instances/{name}/priority": {summary: "Another priority in place of the configured one", in: PriorityRequest{}, out: struct{}{}, errors: append([]int{400}, command...)},
	}
}

// TestDocument keeps openapi.json equal to the routes and types of the code.
func TestDocument(t *testing.T) {
	h := newServer(fakeDaemon{}).newHandlers()
	ops := operations()
	d := &documenter{comments: comments(t), schemas: make(map[string]any)}
	paths := make(map[string]map[string]any)
	for _, r := range append(h.reading(), h.writing()...) {
		op, ok := ops[r.pattern]
		if !ok {
			t.Errorf("%s is not described", r.pattern)
			continue
		}
		delete(ops, r.pattern)
		method, path, _ := strings.Cut(r.pattern, " ")
		if paths[path] == nil {
			paths[path] = make(map[string]any)
		}
		paths[path][strings.ToLower(method)] = d.operation(path, op, method != http.MethodGet)
	}
	for pattern := range ops {
		t.Errorf("there is no route %s", pattern)
	}
	d.schema(reflect.TypeFor[Event]())
	doc := map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "ldirector", "version": "v1",
			"description": "The API of a running director, on its unix socket. The listener of global's block http has only what can be read. Fields may be added, none is renamed or removed.",
			"license":     map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"paths":      paths,
		"components": map[string]any{"schemas": d.schemas},
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(text.String(), string(document)); diff != "" {
		t.Errorf("openapi.json (-code +document), -update rewrites it:\n%s", diff)
	}
}

// TestAnswersAreAsDocumented asks every route that answers with JSON.
func TestAnswersAreAsDocumented(t *testing.T) {
	for pattern, op := range operations() {
		if _, opaque := op.out.(string); opaque {
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("vrrp_instances/{name}", "vrrp_instances/VI_1", "{name}", "web", "{address}", "192.0.2.31:80").Replace(path)
		body := map[reflect.Type]string{reflect.TypeFor[WeightRequest](): `{"weight":1}`, reflect.TypeFor[PriorityRequest](): `{"priority":1}`}[reflect.TypeOf(op.in)]
		w := httptest.NewRecorder()
		newServer(obedient{fakeDaemon{status: twoServices()}}).Handler().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		into := reflect.New(reflect.TypeOf(op.out))
		dec := json.NewDecoder(w.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(into.Interface()); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: status %d, %v", pattern, w.Code, err)
		}
	}
}

// A documenter makes schemas of types.
type documenter struct {
	comments map[string]string // of "package.Type" and "package.Type.Field"
	schemas  map[string]any
}

func (d *documenter) operation(path string, op operation, socket bool) map[string]any {
	params := []any{}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		params = append(params, map[string]any{"name": m[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range op.query {
			if !yield(name) {
				return
			}
		}
	}) {
		params = append(params, map[string]any{"name": name, "in": "query", "description": op.query[name], "schema": map[string]any{"type": "integer", "minimum": 0}})
	}
	responses := map[string]any{"200": d.response("Done", op.out)}
	for _, code := range op.errors {
		var body any = problem{}
		if path == "/healthz" {
			body = Health{}
		}
		responses[fmt.Sprint(code)] = d.response(http.StatusText(code), body)
	}
	out := map[string]any{"summary": op.summary, "responses": responses}
	if len(params) > 0 {
		out["parameters"] = params
	}
	if socket {
		out["description"] = "Only on the unix socket."
	}
	if op.in != nil {
		_, optional := op.in.(DrainRequest)
		out["requestBody"] = map[string]any{"required": !optional, "content": content("application/json", d.schema(reflect.TypeOf(op.in)))}
	}
	return out
}

func (d *documenter) response(text string, body any) map[string]any {
	if media, ok := body.(string); ok {
		return map[string]any{"description": text, "content": content(media, map[string]any{})}
	}
	return map[string]any{"description": text, "content": content("application/json", d.schema(reflect.TypeOf(body)))}
}

func content(media string, schema any) map[string]any {
	return map[string]any{media: map[string]any{"schema": schema}}
}

// schema describes a type; named structs are put among the schemas.
func (d *documenter) schema(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[netip.Addr]():
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := d.schema(t.Elem())
		if s["$ref"] != nil {
			return map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
		}
		s["type"] = []any{s["type"], "null"}
		return s
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	default:
		panic(fmt.Sprintf("no schema for %s", t))
	}
}

func (d *documenter) object(t reflect.Type) map[string]any {
	if t.Name() == "" {
		return map[string]any{"type": "object"}
	}
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if strings.HasSuffix(t.PkgPath(), "/plan") {
		name = "Plan" + strings.TrimPrefix(name, "Plan")
	}
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return ref
	}
	properties := make(map[string]any)
	schema := map[string]any{"type": "object", "properties": properties}
	d.schemas[name] = schema // before its fields: one may be of the same type
	if text := d.comments[t.String()]; text != "" {
		schema["description"] = text
	}
	for f := range t.Fields() {
		property := d.schema(f.Type)
		if text := d.comments[t.String()+"."+f.Name]; text != "" {
			property["description"] = text
		}
		properties[f.Tag.Get("json")] = property
	}
	return ref
}

// comments reads what the code says of types and fields.
func comments(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for dir, name := range map[string]string{".": "api", "../plan": "plan"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range file.Decls {
				g, ok := decl.(*ast.GenDecl)
				if !ok || g.Tok != token.TYPE {
					continue
				}
				for _, spec := range g.Specs {
					addComments(all, name, spec.(*ast.TypeSpec), g.Doc)
				}
			}
		}
	}
	return all
}

func addComments(all map[string]string, pkg string, spec *ast.TypeSpec, doc *ast.CommentGroup) {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	text := func(groups ...*ast.CommentGroup) string {
		for _, g := range groups {
			if text := strings.Join(strings.Fields(g.Text()), " "); text != "" {
				return strings.NewReplacer("[", "", "]", "").Replace(text)
			}
		}
		return ""
	}
	name := pkg + "." + spec.Name.Name
	all[name] = text(doc)
	for _, f := range s.Fields.List {
		for _, ident := range f.Names {
			all[name+"."+ident.Name] = text(f.Doc, f.Comment)
		}
	}
}

// An obedient daemon does everything.
type obedient struct{ fakeDaemon }

func (obedient) Override(context.Context, string, string, director.Override) error { return nil }
func (obedient) Probe(context.Context, string, string) error                       { return nil }
func (obedient) Release(context.Context, string) error                             { return nil }
func (obedient) Preempt(context.Context, string) error                             { return nil }
func (obedient) SetPriority(context.Context, string, uint8) error                  { return nil }
