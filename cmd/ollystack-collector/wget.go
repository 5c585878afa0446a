package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"
)

// Exit codes of wget. Source: GNU Wget manual, "Exit Status".
const (
	wgetOK      = 0
	wgetUsage   = 2
	wgetFile    = 3
	wgetNetwork = 4
	wgetStatus  = 8
)

// wget is what this program is when it is called by that name: the image has no
// shell and no other program to ask an HTTP server with. It knows the few flags that
// health checks use.
func wget(ctx context.Context, w world) int {
	flags := flag.NewFlagSet("wget", flag.ContinueOnError)
	flags.SetOutput(w.stderr)
	quiet := flags.Bool("q", false, "say nothing but what was asked for")
	output := flags.String("O", "", "write to `FILE`; - is standard output")
	seconds := flags.Float64("T", 30, "give up after `SECONDS`")
	spider := flags.Bool("spider", false, "only see whether it is there")
	flags.Usage = func() {
		fmt.Fprintln(w.stderr, "Usage: wget [-q] [-O FILE] [-T SECONDS] [--spider] URL")
		flags.PrintDefaults()
	}
	if err := flags.Parse(separated(w.args)); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return wgetOK
		}
		return wgetUsage
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return wgetUsage
	}
	code, err := fetch(ctx, w, flags.Arg(0), *output, *spider, time.Duration(*seconds*float64(time.Second)))
	if err != nil && !*quiet {
		fmt.Fprintf(w.stderr, "wget: %v\n", err)
	}
	return code
}

// separated makes -qO- of wget's users into what package flag reads.
func separated(args []string) []string {
	var out []string
	for _, a := range args {
		if rest, ok := strings.CutPrefix(a, "-qO"); ok {
			out = append(out, "-q")
			a = "-O" + rest
		}
		for _, name := range []string{"-O", "-T"} {
			if value, ok := strings.CutPrefix(a, name); ok && value != "" {
				out = append(out, name)
				a = strings.TrimPrefix(value, "=")
			}
		}
		out = append(out, a)
	}
	return out
}

func fetch(ctx context.Context, w world, text, output string, spider bool, within time.Duration) (int, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wgetUsage, fmt.Errorf("%q is no URL of an HTTP server", text)
	}
	if within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	method := http.MethodGet
	if spider {
		method = http.MethodHead
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return wgetUsage, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return wgetNetwork, err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return wgetStatus, fmt.Errorf("server returned %s", res.Status)
	}
	if spider {
		return wgetOK, nil
	}
	return save(w, u, output, res.Body)
}

// save writes an answer down.
func save(w world, u *url.URL, output string, body io.Reader) (code int, err error) {
	to := w.stdout
	if output != "-" {
		if output == "" {
			if output = path.Base(u.Path); output == "/" || output == "." {
				output = "index.html"
			}
		}
		f, err := os.Create(output)
		if err != nil {
			return wgetFile, err
		}
		defer func() {
			if closing := f.Close(); closing != nil && err == nil {
				code, err = wgetFile, closing
			}
		}()
		to = f
	}
	written := &sink{to: to}
	if _, err := io.Copy(written, body); err != nil {
		if written.failed {
			return wgetFile, err
		}
		return wgetNetwork, err
	}
	return wgetOK, nil
}

// sink tells a failed write from a failed read.
type sink struct {
	to     io.Writer
	failed bool
}

func (c *sink) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.failed = c.failed || err != nil
	return n, err
}
