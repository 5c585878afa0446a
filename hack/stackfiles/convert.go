package main

import (
	"fmt"
	"strings"
)

// The marks, alone on their lines but for what is before them. See docker-compose.yml.
const (
	cloneMark   = "#clone"
	endMark     = "#end"
	packageMark = "#package "
)

// The tag that the files name where nobody has chosen another.
const defaultTag = "0.1.0"

// convert turns a clone's text into the package's.
func convert(text, tag string) (string, error) {
	var kept []string
	opened := 0 // the line of the mark that is open
	for i, line := range strings.Split(text, "\n") {
		bare := strings.TrimSpace(line)
		switch {
		case bare == cloneMark && opened == 0:
			opened = i + 1
		case bare == cloneMark:
			return "", fmt.Errorf("line %d: %s within the one of line %d", i+1, cloneMark, opened)
		case bare == endMark && opened == 0:
			return "", fmt.Errorf("line %d: %s without %s", i+1, endMark, cloneMark)
		case bare == endMark:
			opened = 0
		case opened != 0:
		case strings.HasPrefix(bare, packageMark):
			kept = append(kept, strings.Replace(line, packageMark, "", 1))
		case bare == "#package":
			kept = append(kept, "")
		default:
			kept = append(kept, line)
		}
	}
	if opened != 0 {
		return "", fmt.Errorf("line %d: %s without %s", opened, cloneMark, endMark)
	}
	return strings.NewReplacer(
		"opamp-server:4320", "host.docker.internal:4320",
		"./stack/", "./",
		"ollystack/control-plane:"+defaultTag, "ollystack/control-plane:"+tag,
		"ollystack/collector:"+defaultTag, "ollystack/collector:"+tag,
	).Replace(strings.TrimLeft(strings.Join(kept, "\n"), "\n")), nil
}
