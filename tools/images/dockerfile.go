package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// stage is the last stage of a Dockerfile: files that come from another stage, and
// the configuration of the image.
type stage struct {
	copies []copied
	config v1.Config
}

// copied is COPY --from=build SRC DEST.
type copied struct {
	from, to string
	uid, gid int
}

// parseLastStage reads what follows "FROM scratch". It knows the few instructions,
// in the few forms, that our files use; anything else is an error, so that an image
// made here never differs in silence from one that an engine builds.
func parseLastStage(text string) (stage, error) {
	_, text, ok := strings.Cut(text, "\nFROM scratch\n")
	if !ok || strings.Contains(text, "\nFROM ") {
		return stage{}, fmt.Errorf("the last stage is not FROM scratch")
	}
	s := stage{config: v1.Config{
		Labels: map[string]string{}, ExposedPorts: map[string]struct{}{}, Volumes: map[string]struct{}{},
	}}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if err := s.instruction(word, strings.TrimSpace(rest)); err != nil {
			return stage{}, fmt.Errorf("%s: %w", line, err)
		}
	}
	return s, nil
}

func (s *stage) instruction(word, rest string) error {
	switch word {
	case "COPY":
		return s.copy(rest)
	case "LABEL", "ENV":
		return s.pair(word, rest)
	case "USER":
		s.config.User = rest
	case "WORKDIR":
		s.config.WorkingDir = rest
	case "STOPSIGNAL":
		s.config.StopSignal = rest
	case "EXPOSE":
		for _, port := range strings.Fields(rest) {
			s.config.ExposedPorts[port+"/tcp"] = struct{}{}
		}
	case "VOLUME":
		paths, err := words(rest)
		for _, path := range paths {
			s.config.Volumes[path] = struct{}{}
		}
		return err
	case "ENTRYPOINT":
		var err error
		s.config.Entrypoint, err = words(rest)
		return err
	case "CMD":
		var err error
		s.config.Cmd, err = words(rest)
		return err
	case "HEALTHCHECK":
		return s.healthcheck(rest)
	default:
		return fmt.Errorf("an instruction that is not known here")
	}
	return nil
}

func words(text string) ([]string, error) {
	var list []string
	err := json.Unmarshal([]byte(text), &list)
	return list, err
}

func (s *stage) pair(word, rest string) error {
	key, value, ok := strings.Cut(rest, "=")
	if !ok || strings.ContainsAny(value, "$\\") {
		return fmt.Errorf("not KEY=VALUE without variables")
	}
	if strings.HasPrefix(value, `"`) {
		var err error
		if value, err = strconv.Unquote(value); err != nil {
			return err
		}
	} else if strings.ContainsAny(value, " \"'") {
		return fmt.Errorf("a value with spaces or quotes stands between double quotes")
	}
	if word == "ENV" {
		s.config.Env = append(s.config.Env, key+"="+value)
	} else {
		s.config.Labels[key] = value
	}
	return nil
}

func (s *stage) copy(rest string) error {
	var c copied
	fields := strings.Fields(rest)
	for len(fields) > 0 && strings.HasPrefix(fields[0], "--") {
		key, value, _ := strings.Cut(fields[0], "=")
		switch {
		case key == "--from" && value == "build":
		case key == "--chown":
			if n, err := fmt.Sscanf(value, "%d:%d", &c.uid, &c.gid); err != nil || n != 2 {
				return fmt.Errorf("--chown takes two numbers")
			}
		default:
			return fmt.Errorf("%s is not known here", fields[0])
		}
		fields = fields[1:]
	}
	if len(fields) != 2 || !strings.HasSuffix(fields[0], "/") || !strings.HasSuffix(fields[1], "/") {
		return fmt.Errorf("one folder is copied into another, both with a slash at the end")
	}
	var ok bool
	if c.from, ok = strings.CutPrefix(fields[0], "/image/"); !ok {
		return fmt.Errorf("files come from /image/ alone")
	}
	c.to = fields[1]
	s.copies = append(s.copies, c)
	return nil
}

func (s *stage) healthcheck(rest string) error {
	options, cmd, ok := strings.Cut(rest, "CMD ")
	if !ok {
		return fmt.Errorf("it has no CMD")
	}
	test, err := words(cmd)
	if err != nil {
		return err
	}
	h := &v1.HealthConfig{Test: append([]string{"CMD"}, test...)}
	for _, option := range strings.Fields(options) {
		key, value, _ := strings.Cut(strings.TrimPrefix(option, "--"), "=")
		var err error
		switch key {
		case "interval":
			h.Interval, err = time.ParseDuration(value)
		case "timeout":
			h.Timeout, err = time.ParseDuration(value)
		case "start-period":
			h.StartPeriod, err = time.ParseDuration(value)
		case "retries":
			h.Retries, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("--%s is not known here", key)
		}
		if err != nil {
			return err
		}
	}
	s.config.Healthcheck = h
	return nil
}
