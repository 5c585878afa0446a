// Command stackfiles writes the stack's files as the control plane's package installs
// them: without what is a clone's alone (the control plane itself, its Redis, what is
// built from the checkout), reaching the control plane of the machine, with the images of one
// version. docker-compose.yml explains the marks that it goes by.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	from := flag.String("from", ".", "the checkout")
	to := flag.String("to", "dist/stack", "the folder to write")
	tag := flag.String("tag", "", "the tag of this project's images")
	flag.Parse()
	err := errors.New("-tag is missing")
	if *tag != "" {
		err = write(*from, *to, *tag)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stackfiles:", err)
		os.Exit(1)
	}
}
