package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// credentialsEnv names the folder in which systemd lays what LoadCredential names (systemd.exec(5)).
const credentialsEnv = "CREDENTIALS_DIRECTORY"

// folderPrefix is what LoadCredential=credentials:FOLDER puts before the names of the folder's files.
const folderPrefix = "credentials_"

// tokenCredential is no setting: client commands are pointed at it with OLLYSTACK_TOKEN_FILE.
const tokenCredential = "token"

// readCredentials reads the folder of credentials, if there is one. A file there
// has the name of a setting, and holds its value; where the setting names a
// file, the credential is that file.
func readCredentials(dir string, keys []Key, faults *Faults) *layer {
	l := newLayer()
	if dir == "" {
		return l
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		faults.add(credentialOrigin(dir), "", "cannot be read: %v", cause(err))
		return l
	}
	index := keyIndex(keys, func(k Key) string { return k.Name })
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		name := strings.TrimPrefix(entry.Name(), folderPrefix)
		k, known := index[name]
		switch {
		case known && k.file:
			l.set(k, credentialOrigin(path), []string{path}, faults)
		case known:
			l.credential(k, path, faults)
		case entry.Name() != tokenCredential:
			unknownCredential(path, name, names, faults)
		}
	}
	return l
}

// credential reads the value of k from a file, whose last line break is not part of it.
func (l *layer) credential(k Key, path string, faults *Faults) {
	body, err := readLimited(path)
	if err != nil {
		l.origins[k.Name] = credentialOrigin(path)
		faults.add(credentialOrigin(path), k.Name, "cannot be read: %v", cause(err))
		return
	}
	value := strings.TrimRight(string(body), "\r\n")
	if value == "" { // more likely a write that failed than a wish
		l.origins[k.Name] = credentialOrigin(path)
		faults.add(credentialOrigin(path), k.Name, "is empty; remove the file for the default")
		return
	}
	l.set(k, credentialOrigin(path), []string{value}, faults)
}

func unknownCredential(path, name string, known []string, faults *Faults) {
	if near := nearest(name, slices.Clone(known)); near != "" {
		faults.add(credentialOrigin(path), "", "no such setting; did you mean %s?", near)
		return
	}
	faults.add(credentialOrigin(path), "", "no such setting: a credential has the name of one, such as redis.url or tls.key_file")
}

// cause is an error of a file without the operation and the path, which the origin has.
func cause(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}

func credentialOrigin(path string) string { return "credential " + path }
