package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// pkg is an npm package of one version.
type pkg struct{ name, version string }

// heading is what stands over each package's licence: "## @mantine/core - 9.8.1 (MIT)".
var heading = regexp.MustCompile(`(?m)^## (\S+) - (\d\S*)(?: \(.+\))?$`)

// bundled lists the packages whose code is in the dashboard, in their order there.
func bundled(licenses []byte) ([]pkg, error) {
	var list []pkg
	for _, m := range heading.FindAllSubmatch(licenses, -1) {
		list = append(list, pkg{name: string(m[1]), version: string(m[2])})
	}
	if len(list) == 0 {
		return nil, errors.New("no packages found; is it what vite's build.license writes?")
	}
	return list, nil
}

// entry is what the lock file knows of a package.
type entry struct {
	Version   string
	License   string
	Integrity string // "sha512-" and the hash in base64
}

// locked reads npm's lock file, version 3. A package that several others bring along in one
// version is the same wherever it lies.
func locked(text []byte) (map[pkg]entry, error) {
	var file struct{ Packages map[string]entry }
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	const folder = "node_modules/"
	known := map[pkg]entry{}
	for path, e := range file.Packages {
		if at := strings.LastIndex(path, folder); at >= 0 {
			known[pkg{path[at+len(folder):], e.Version}] = e
		}
	}
	return known, nil
}

// component is one of CycloneDX's. Source: the CycloneDX specification, 1.6.
type component struct {
	Ref      string    `json:"bom-ref"`
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Scope    string    `json:"scope"`
	Hashes   []hash    `json:"hashes"`
	Licenses []license `json:"licenses"`
	PURL     string    `json:"purl"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// license is an SPDX expression, of which a single identifier is the simplest.
type license struct {
	Expression string `json:"expression"`
}

// describe makes components of packages.
func describe(list []pkg, known map[pkg]entry) ([]component, error) {
	var components []component
	for _, p := range list {
		e, ok := known[p]
		if !ok {
			return nil, fmt.Errorf("%s %s is in the dashboard and not in the lock file: build the dashboard again (make web)", p.name, p.version)
		}
		if e.License == "" {
			return nil, fmt.Errorf("%s %s: the lock file does not say under which licence it is", p.name, p.version)
		}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.Integrity, "sha512-"))
		if err != nil || len(sum) != 64 {
			return nil, fmt.Errorf("%s %s: integrity %q is no SHA-512", p.name, p.version, e.Integrity)
		}
		purl := packageURL(p)
		components = append(components, component{
			Ref: purl, Type: "library", Name: p.name, Version: p.version, Scope: "required",
			Hashes:   []hash{{Algorithm: "SHA-512", Content: hex.EncodeToString(sum)}},
			Licenses: []license{{Expression: e.License}},
			PURL:     purl,
		})
	}
	return components, nil
}

// packageURL is a package's name everywhere: pkg:npm/%40mantine/core@9.8.1. Source: the purl
// specification, type npm.
func packageURL(p pkg) string {
	scope, name, scoped := strings.Cut(p.name, "/")
	if !scoped {
		return "pkg:npm/" + url.PathEscape(p.name) + "@" + url.PathEscape(p.version)
	}
	return "pkg:npm/%40" + url.PathEscape(strings.TrimPrefix(scope, "@")) + "/" + url.PathEscape(name) + "@" + url.PathEscape(p.version)
}
