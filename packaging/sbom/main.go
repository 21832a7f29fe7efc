// Command sbom lists the modules that a program was built from, as a CycloneDX
// document. It reads the program itself, so that the list is what is in it.
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

// run reads the program and its version from args. epoch is the time of the
// document in seconds since 1970, "" for none.
func run(args []string, epoch string, w io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: sbom PROGRAM VERSION")
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	d := documentOf(info, args[1])
	if epoch != "" {
		seconds, err := time.ParseDuration(epoch + "s")
		if err != nil {
			return fmt.Errorf("SOURCE_DATE_EPOCH %q is no number of seconds", epoch)
		}
		d.Metadata.Timestamp = time.Unix(0, 0).Add(seconds).UTC().Format(time.RFC3339)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

// A document is a bill of materials (CycloneDX 1.5, ECMA-424).
type document struct {
	Format      string       `json:"bomFormat"`
	Spec        string       `json:"specVersion"`
	Version     int          `json:"version"`
	Metadata    metadata     `json:"metadata"`
	Components  []component  `json:"components"`
	Depends     []dependency `json:"dependencies"`
	Composition []completion `json:"compositions"`
}

type metadata struct {
	Timestamp string    `json:"timestamp,omitempty"`
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

type completion struct {
	Aggregate string   `json:"aggregate"`
	For       []string `json:"dependencies"`
}

// documentOf makes a document of what the linker wrote into a program.
func documentOf(info *buildinfo.BuildInfo, version string) document {
	d := document{Format: "CycloneDX", Spec: "1.5", Version: 1, Components: []component{standardLibrary(info.GoVersion)}}
	d.Metadata.Component = componentOf("application", info.Main.Path, version)
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := componentOf("library", m.Path, m.Version)
		c.Hashes = hashesOf(m)
		d.Components = append(d.Components, c)
	}
	slices.SortFunc(d.Components, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	root := dependency{Ref: d.Metadata.Component.Ref}
	for _, c := range d.Components {
		root.On = append(root.On, c.Ref)
	}
	d.Depends = []dependency{root}
	d.Composition = []completion{{Aggregate: "complete", For: []string{root.Ref}}}
	return d
}

func standardLibrary(goVersion string) component {
	version, _, _ := strings.Cut(strings.TrimPrefix(goVersion, "go"), " ")
	return componentOf("library", "std", version)
}

func componentOf(kind, path, version string) component {
	purl := "pkg:golang/" + path + "@" + url.QueryEscape(version)
	return component{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
}

// hashesOf returns the module's sum as go.sum has it, which covers all its files.
func hashesOf(m *debug.Module) []hash {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
	if err != nil || len(raw) == 0 {
		return nil
	}
	return []hash{{"SHA-256", hex.EncodeToString(raw)}}
}
