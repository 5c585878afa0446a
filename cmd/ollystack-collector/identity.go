package main

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// autoInstance lets the supervisor make up a UID at its first start and keep it.
const autoInstance = "auto"

// instanceNamespace is where the instance UIDs of named instances are derived in:
// UIDv5(instanceNamespace, name). It never changes; a change would make every named
// agent a stranger to its control plane. It is itself
// UIDv5(DNS namespace, "instance.ollystack-collector").
var instanceNamespace = uuid.NewSHA1(uuid.NameSpaceDNS, []byte("instance.ollystack-collector"))

// identity is who an agent is: a name that its operator has chosen and the UID
// derived from it, or neither.
type identity struct {
	Name string // becomes service.instance.id
	UID  string
	role string
}

// instanceForm is what a chosen name may look like: it ends up in file names, YAML and URLs.
var instanceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// newIdentity makes the identity of the instance called name in a role. Without a
// role the name stands alone; "auto" and "" leave the choice to the supervisor.
func newIdentity(name, role string) (identity, error) {
	if name == "" || strings.EqualFold(name, autoInstance) {
		return identity{role: role}, nil
	}
	if !instanceForm.MatchString(name) {
		return identity{}, usagef("the instance id %q is neither %q nor 1 to 128 letters, digits, dots, dashes and underscores", name, autoInstance)
	}
	if role != "" {
		name += "-" + role
	}
	return identity{Name: name, UID: uuid.NewSHA1(instanceNamespace, []byte(name)).String()}, nil
}

// storage is the directory below root where the agent keeps its state. Each
// identity has one of its own: the supervisor looks at the UID that it is told only
// when its directory is new, so that one directory for all would keep an old UID
// under a new name, and two agents that share a volume would share a UID.
func (i identity) storage(root string) string {
	switch {
	case i.UID != "":
		return filepath.Join(root, i.UID)
	case i.role != "":
		return filepath.Join(root, autoInstance+"-"+i.role)
	}
	return filepath.Join(root, autoInstance)
}
