// Command images makes a container image without a Docker Engine: it reads the last
// stage of a Dockerfile and the files that packaging/images/root has laid out, and
// writes an archive for `docker load`. The same input gives the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "images: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("images", flag.ContinueOnError)
	dockerfile := flags.String("dockerfile", "", "`FILE` whose last stage describes the image")
	laidOut := flags.String("image", "", "`DIR` that stands for /image of the build stage")
	arch := flags.String("arch", "amd64", "`ARCH` of the programs in it")
	version := flags.String("version", "", "`VERSION` for its labels")
	revision := flags.String("revision", "", "`COMMIT` for its labels")
	tag := flags.String("tag", "", "`NAME:TAG` that it is loaded under")
	output := flags.String("output", "", "`FILE` to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH says when it was made, in seconds: %w", err)
	}
	text, err := os.ReadFile(*dockerfile)
	if err != nil {
		return err
	}
	stage, err := parseLastStage(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", *dockerfile, err)
	}
	ref, err := name.NewTag(*tag)
	if err != nil {
		return err
	}
	made := time.Unix(epoch, 0).UTC()
	labels := map[string]string{
		"org.opencontainers.image.version": *version, "org.opencontainers.image.revision": *revision,
		"org.opencontainers.image.created": made.Format(time.RFC3339),
	}
	img, err := build(stage, source{dir: *laidOut, made: made}, *arch, labels)
	if err != nil {
		return err
	}
	part := *output + ".part"
	if err := tarball.WriteToFile(part, ref, img); err != nil {
		return err
	}
	return os.Rename(part, *output)
}
