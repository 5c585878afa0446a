package cli

import "strings"

// LabelChanges reads k=v, which sets a label, and k-, which takes one away.
func LabelChanges(args []string) (map[string]*string, error) {
	changes := map[string]*string{}
	for _, arg := range args {
		key, value, sets := strings.Cut(arg, "=")
		switch {
		case sets && key != "":
			changes[key] = &value
		case !sets && len(arg) > 1 && strings.HasSuffix(arg, "-"):
			changes[strings.TrimSuffix(arg, "-")] = nil
		default:
			return nil, Usagef("%q is no label: write KEY=VALUE to set one, KEY- to take it away", arg)
		}
	}
	return changes, nil
}
