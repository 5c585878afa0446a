// Command dashboardbom adds the npm packages that the dashboard is built of to the bill of
// materials of the program that holds it. Which they are, the build of the dashboard has
// written down (licenses.md); what is known of each is in npm's lock file.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	bom := flag.String("bom", "", "the bill of materials, CycloneDX as JSON, which is written anew")
	licenses := flag.String("licenses", "web/dist/licenses.md", "what the dashboard's build says is in it")
	lock := flag.String("lock", "web/package-lock.json", "npm's lock file")
	flag.Parse()
	if err := rewrite(*bom, *licenses, *lock); err != nil {
		fmt.Fprintln(os.Stderr, "dashboardbom:", err)
		os.Exit(1)
	}
}

func rewrite(bom, licenses, lock string) error {
	var texts [3][]byte
	for i, name := range []string{bom, licenses, lock} {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		texts[i] = text
	}
	list, err := bundled(texts[1])
	if err != nil {
		return fmt.Errorf("%s: %w", licenses, err)
	}
	known, err := locked(texts[2])
	if err != nil {
		return fmt.Errorf("%s: %w", lock, err)
	}
	components, err := describe(list, known)
	if err != nil {
		return err
	}
	whole, err := add(texts[0], components)
	if err != nil {
		return fmt.Errorf("%s: %w", bom, err)
	}
	return os.WriteFile(bom, whole, 0o644)
}
