package declared

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of what is read: a pull request, say, may hold anything.
const (
	maxBody  = 1 << 20  // of a body, in bytes; the server's own limit
	maxMeta  = 64 << 10 // of a sidecar or a front document, in bytes
	maxFiles = 10_000
	maxTotal = 512 << 20 // of all bodies, in bytes
)

const metaSuffix = ".meta"

// Read reads what path declares: a file with one configuration, and its sidecar, or a
// folder with those below it. Hidden files and folders, and files that are not YAML, are
// passed over. A link is followed to a file of the same folder and no further, so that
// nothing of this machine gets to the server by way of one. Configurations come ordered by file.
// Errors: Faults; else what the system says.
func Read(name string) ([]Config, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	dir, only := name, ""
	if !info.IsDir() {
		dir, only = filepath.Split(name)
	}
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	r := reader{root: root, dir: dir}
	if only != "" {
		err = r.only(only)
	} else {
		err = fs.WalkDir(root.FS(), ".", r.visit)
	}
	if err != nil {
		return nil, err
	}
	configs := r.configs()
	r.together(configs)
	if err := r.faults.err(); err != nil {
		return nil, err
	}
	return configs, nil
}

// reader reads one folder.
type reader struct {
	root   *os.Root
	dir    string // as the caller named it
	bodies []string
	metas  map[string]string // by the path of the body without its ending
	total  int
	faults faults
}

// shown is a file as the caller would name it.
func (r *reader) shown(file string) string { return filepath.Join(r.dir, filepath.FromSlash(file)) }

func (r *reader) fault(file, format string, args ...any) {
	r.faults.add(position{file: r.shown(file)}, format, args...)
}

// stem is the path of a YAML file without its ending; ok is false of other files.
func stem(file string) (name string, ok bool) {
	switch ext := path.Ext(file); ext {
	case ".yaml", ".yml":
		return strings.TrimSuffix(file, ext), true
	}
	return file, false
}

// only takes one file and the sidecars that may be next to it.
func (r *reader) only(file string) error {
	name, _ := stem(file)
	if strings.HasSuffix(name, metaSuffix) {
		r.fault(file, "this says something of a configuration and is none: name the file next to it")
		return nil
	}
	for _, ext := range []string{".yaml", ".yml"} {
		if sidecar := name + metaSuffix + ext; r.exists(sidecar) {
			r.take(sidecar)
		}
	}
	r.bodies = append(r.bodies, file)
	return nil
}

func (r *reader) exists(file string) bool {
	_, err := r.root.Lstat(file)
	return err == nil
}

// visit is given every file of the folder, in the order of their names.
func (r *reader) visit(file string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", shownName(r.shown(file)), err)
	case file == ".":
		return nil
	case strings.HasPrefix(d.Name(), "."):
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	case d.IsDir():
		return nil
	}
	if d.Type()&fs.ModeSymlink != 0 {
		if info, err := r.root.Stat(file); err == nil && info.IsDir() {
			r.fault(file, "a link to a folder is not followed: put the files themselves here")
			return nil
		}
	}
	if _, ok := stem(file); !ok {
		return nil
	}
	if len(r.bodies)+len(r.metas) >= maxFiles {
		return fmt.Errorf("%s holds more than %d YAML files: name the folder that has the configurations and nothing else", r.dir, maxFiles)
	}
	r.take(file)
	return nil
}

// take sorts a YAML file in.
func (r *reader) take(file string) {
	name, _ := stem(file)
	of, isMeta := strings.CutSuffix(name, metaSuffix)
	if !isMeta {
		r.bodies = append(r.bodies, file)
		return
	}
	if r.metas == nil {
		r.metas = map[string]string{}
	}
	if other := r.metas[of]; other != "" {
		r.fault(file, "%s says it too: keep one of them", shownName(path.Base(other)))
		return
	}
	r.metas[of] = file
}

// configs reads what was found.
func (r *reader) configs() []Config {
	var configs []Config
	used := map[string]bool{}
	for _, file := range r.bodies {
		name, _ := stem(file)
		if used[name] {
			r.fault(file, "%s.yaml is there too: call one of them otherwise", shownName(path.Base(name)))
			continue
		}
		used[name] = true
		if c, ok := r.config(file, r.metas[name]); ok {
			configs = append(configs, c)
		}
	}
	for name, file := range r.metas {
		if !used[name] {
			r.fault(file, "there is no %s.yaml that this could say something of", shownName(path.Base(name)))
		}
	}
	return configs
}

// config reads one body and what is said of it.
func (r *reader) config(file, sidecar string) (Config, bool) {
	text, ok := r.read(file, maxBody+maxMeta)
	if !ok {
		return Config{}, false
	}
	before := len(r.faults.list)
	shown := r.shown(file)
	name, _ := stem(path.Base(file))
	c := Config{Name: name, Labels: map[string]string{}, Line: 1, File: shown, nameAt: position{file: shown}, path: file, sidecar: sidecar}
	front, hasFront := SplitFront(text)
	switch {
	case sidecar == "" && hasFront:
		if front.Line == 0 {
			r.fault(file, "no line --- ends the front document that begins with %s:, so there is no configuration after it", frontKey)
			return c, false
		}
		m := metaReader{file: shown, to: &c, faults: &r.faults}
		m.read(front.meta, true)
		text, c.Line, c.front = front.Body, front.Line, front.Front
	case sidecar != "":
		if hasFront && front.Line > 0 {
			r.fault(file, "the file begins with a front document, and %s says it too: keep one of them", shownName(path.Base(sidecar)))
			return c, false
		}
		meta, ok := r.read(sidecar, maxMeta)
		if !ok {
			return c, false
		}
		m := metaReader{file: r.shown(sidecar), to: &c, faults: &r.faults}
		m.read(meta, false)
	}
	c.Body = string(text)
	switch {
	case len(text) > maxBody:
		r.fault(file, "the configuration has %d bytes, more than the %d that a server takes", len(text), maxBody)
	case len(strings.TrimSpace(c.Body)) == 0:
		r.faults.add(position{shown, c.Line}, "there is no configuration here")
	}
	if c.nameAt.line == 0 {
		if err := checkName(c.Name); err != nil {
			r.fault(file, "%v; give it one with %s: in %s%s.yaml", err, keyName, shownName(name), metaSuffix)
		}
	}
	return c, len(r.faults.list) == before
}

// read reads a file that is one, and not too large.
func (r *reader) read(file string, limit int64) ([]byte, bool) {
	info, err := r.root.Stat(file)
	switch {
	case err != nil:
		r.fault(file, "%s", systemSays(err))
		return nil, false
	case !info.Mode().IsRegular():
		r.fault(file, "this is not a file that could be read")
		return nil, false
	}
	text, err := r.readAll(file, limit+1)
	r.total += len(text)
	switch line, foreign := NotUTF8(text); {
	case err != nil:
		r.fault(file, "%s", systemSays(err))
	case int64(len(text)) > limit:
		r.fault(file, "the file has %d bytes, and may have %d", max(info.Size(), int64(len(text))), limit)
	case r.total > maxTotal:
		r.fault(file, "up to here the files have more than %d bytes, which is too much for one run", maxTotal)
	case foreign != nil:
		r.faults.add(position{r.shown(file), line}, "%v", foreign)
	default:
		return text, true
	}
	return nil, false
}

func (r *reader) readAll(file string, limit int64) ([]byte, error) {
	f, err := r.root.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// systemSays is an error of the system without the path, which is said already.
func systemSays(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		if strings.Contains(p.Err.Error(), "escapes") {
			return "the link leads out of the folder, and is not followed"
		}
		return p.Err.Error()
	}
	return err.Error()
}

// together holds the configurations against each other.
func (r *reader) together(configs []Config) {
	byName := map[string]*Config{}
	for i := range configs {
		c := &configs[i]
		if first := byName[c.Name]; first != nil {
			r.faults.add(c.nameAt, "the name %q is taken by %s", c.Name, shownName(first.File))
			continue
		}
		byName[c.Name] = c
	}
	from := map[string]*Config{}
	for i := range configs {
		c := &configs[i]
		switch {
		case c.RenamedFrom == "":
		case byName[c.RenamedFrom] != nil:
			r.faults.add(c.fromAt, "it cannot be %q under a new name, because %s has that name", c.RenamedFrom, shownName(byName[c.RenamedFrom].File))
		case from[c.RenamedFrom] != nil:
			r.faults.add(c.fromAt, "%s is %q under a new name already", shownName(from[c.RenamedFrom].File), c.RenamedFrom)
		default:
			from[c.RenamedFrom] = c
		}
	}
	slices.SortFunc(configs, func(x, y Config) int { return strings.Compare(x.File, y.File) })
}
