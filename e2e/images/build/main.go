// Command build makes the images of package images that are not in the cache, and prints
// the name and the file of each.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/ollystack/control-plane/e2e/images"
)

func main() {
	if err := build(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// build makes the images with these names, or all.
func build(names []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, image := range images.All {
		if len(names) > 0 && !slices.Contains(names, filepath.Base(image.Name)) {
			continue
		}
		file, err := image.File(ctx, ".")
		if err != nil {
			return err
		}
		fmt.Println(image.Ref(), file)
	}
	return nil
}
