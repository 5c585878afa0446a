package rest

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ollystack/control-plane/fleet"
)

// packagesPath is where nodes that reach nothing but this server get their packages.
const packagesPath = "/packages/"

// installCollector is the script that a node runs. It holds nothing secret, and
// is given without a token: it is what keeps the token out of command lines.
//
//go:embed install-collector.sh
var installCollector []byte

// packageTypes are the content types of what is in a repository of packages, by
// the end of the name. What is not here and has no dot is text: Release, SHA256SUMS.
var packageTypes = map[string]string{
	".deb":  "application/vnd.debian.binary-package",
	".rpm":  "application/x-rpm",
	".gz":   "application/gzip",
	".zst":  "application/zstd",
	".xml":  "application/xml",
	".json": "application/json",
	".asc":  "application/pgp-signature",
	".gpg":  "application/pgp-signature",
	"":      "text/plain; charset=utf-8",
}

func packageType(name string) string {
	if t, ok := packageTypes[path.Ext(name)]; ok {
		return t
	}
	return "application/octet-stream"
}

// servesPackages returns an error that says what to do where the server has none.
func (a *api) servesPackages() error {
	if a.packagesDir != "" {
		return nil
	}
	return fleet.Errorf(fleet.NotFound, "this server has no packages: put those of a release into a folder and name it in the setting packages.dir")
}

// packageFile streams one file of the folder. HEAD, ranges and conditions are http.ServeContent's.
func (a *api) packageFile(x *exchange, r *http.Request) error {
	if err := a.servesPackages(); err != nil {
		return err
	}
	name := path.Clean("/" + pathVar(r, "file"))[1:] // apt asks for ./Release
	f, info, err := openPackage(a.packagesDir, name)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("read packages.dir: %w", err)
	}
	if err != nil {
		return fleet.Errorf(fleet.NotFound, "there is no file %q among the packages; %s lists them", name, packagesPath)
	}
	defer f.Close()
	h := x.Header()
	h.Set("Content-Type", packageType(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // kept, but asked for each time
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.Size(), info.ModTime().UnixNano()))
	out := &patientWriter{ResponseWriter: x, rc: http.NewResponseController(x)}
	http.ServeContent(out, r, name, info.ModTime(), f)
	out.done()
	switch out.refused {
	case 0:
		return nil
	case http.StatusRequestedRangeNotSatisfiable:
		return &statusError{status: out.refused, detail: fmt.Sprintf("%q has no such part: it is %d bytes long", name, info.Size())}
	}
	return &statusError{status: out.refused, detail: fmt.Sprintf("%q is not as the request wants it", name)}
}

// openPackage opens a regular file below dir, whatever links lie there. What
// begins with a dot, an upload that is not complete for example, is nobody's.
func openPackage(dir, name string) (*os.File, fs.FileInfo, error) {
	if name == "" || slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") }) {
		return nil, nil, fs.ErrNotExist
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }() // what was opened in it stays open
	// Asked before it is opened: opening a pipe would wait for its other end.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, nil, errors.Join(err, fs.ErrNotExist)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// patientWriter gives a reader who is slow, but reads, as long as it takes.
type patientWriter struct {
	http.ResponseWriter
	rc      *http.ResponseController
	bounded bool
	refused int // the status of a refusal, which is said in our own form
}

// WriteHeader holds back a refusal.
func (w *patientWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest {
		w.refused = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write gives each piece the time that a whole small answer has.
func (w *patientWriter) Write(b []byte) (int, error) {
	if w.refused != 0 {
		return len(b), nil
	}
	w.bounded = w.rc.SetWriteDeadline(time.Now().Add(writePatience)) == nil
	return w.ResponseWriter.Write(b)
}

// done takes the deadline off, for the next request of the connection.
func (w *patientWriter) done() {
	if w.bounded && w.rc.Flush() == nil {
		_ = w.rc.SetWriteDeadline(time.Time{}) // it could be set, so it can be taken off
	}
}

func (a *api) packagesScript(*http.Request) (reply, error) {
	return reply{contentType: "text/x-shellscript; charset=utf-8", raw: installCollector}, a.servesPackages()
}

// packagesIndex tells a person what to paste. The list of files is for callers who may have them.
func (a *api) packagesIndex(r *http.Request) (reply, error) {
	if err := a.servesPackages(); err != nil {
		return reply{}, err
	}
	base := requestScheme(r) + "://" + pasteableHost(r.Host)
	endpoint := ""
	if a.agentPath != defaultAgentPath {
		endpoint = " --endpoint " + strings.Replace(base, "http", "ws", 1) + a.agentPath
	}
	var b strings.Builder
	fmt.Fprintf(&b, `To add a node to the fleet, leave an enrolment token in a file there that only root can read,
enrolment.token, and run on the node, as root:

  curl -fsSO %[1]s%[2]sinstall-collector.sh
  sh install-collector.sh --server %[1]s --token-file enrolment.token%[3]s

With wget: wget %[1]s%[2]sinstall-collector.sh
With a certificate authority of your own: add --cacert ca.pem to curl (--ca-certificate to wget), and
--ca-file ca.pem to the script. Where the server asks for no token: leave out --token-file.

As a repository for apt and dnf: docs/nodes.md.

`, base, packagesPath, endpoint)
	if !known(r) {
		b.WriteString("The files are listed for who comes with a token.\n")
		return reply{contentType: "text/plain; charset=utf-8", raw: []byte(b.String())}, nil
	}
	files, err := listPackages(a.packagesDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.WriteString("There are no files yet: packages.dir names a folder that does not exist.\n")
	case err != nil:
		return reply{}, fmt.Errorf("list packages.dir: %w", err)
	case len(files) == 0:
		b.WriteString("There are no files yet: packages.dir names an empty folder.\n")
	}
	for _, f := range files {
		fmt.Fprintf(&b, "%12d  %s\n", f.Size(), f.Name())
	}
	return reply{contentType: "text/plain; charset=utf-8", raw: []byte(b.String())}, nil
}

// listPackages lists the regular files that lie in the folder itself.
func listPackages(dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, info)
		}
	}
	return files, err
}

// defaultAgentPath is where the script says that agents connect, unless it is told otherwise.
const defaultAgentPath = "/v1/opamp"

var hostForm = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// pasteableHost is the Host header where it is safe to paste into a shell.
func pasteableHost(host string) string {
	if hostForm.MatchString(host) {
		return host
	}
	return "HOST:PORT"
}

// withBasic reads the password of HTTP Basic as a token: apt and dnf know no other way to send one.
func withBasic(r *http.Request) *http.Request {
	_, password, ok := r.BasicAuth()
	if !ok || len(r.Header.Values("Authorization")) != 1 {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+password)
	return r
}
