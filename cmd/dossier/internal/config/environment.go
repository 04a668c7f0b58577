package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"golang.org/x/term"
)

// fileLimit bounds what is read of a file, so that naming the wrong one does
// not fill the memory.
const fileLimit = 1 << 20

// Environment is all that a configuration depends on beside the flags.
type Environment struct {
	Variables []string  // "NAME=value" each, as os.Environ returns them
	Terminal  bool      // the log goes to a terminal
	Now       time.Time // when the tokens of the configuration were made
}

// OS returns the environment of this process, which logs to a file.
func OS(log *os.File, now time.Time) Environment {
	return Environment{Variables: os.Environ(), Terminal: term.IsTerminal(int(log.Fd())), Now: now}
}

// lookup returns the value of a variable. Of several the first counts, as for
// os.Getenv.
func (e Environment) lookup(name string) (value string, ok bool) {
	for _, v := range e.Variables {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// value is the text of one setting.
type value struct {
	text   string
	byLine bool // from a file, where a list may have one entry a line
}

// resolve finds the value of a setting: the flag's, else the file's or the
// variable's, else the default. ok is false if there is none, or none that can
// be used.
func (e Environment) resolve(s given, n *notes) (v value, ok bool) {
	text, isSet := e.lookup(s.variable())
	if isSet && text == "" && s.guard {
		n.warn("set but empty, which counts as not set")
	}
	path, _ := e.lookup(s.fileVariable())
	switch {
	case path != "" && s.given:
		n.fault("given as a flag and by " + s.fileVariable() + ": leave one of them out")
	case path != "" && text != "":
		n.fault("given by " + s.variable() + " and by " + s.fileVariable() + ": leave one of them out")
	case s.given:
		return n.filled(value{text: s.text.Reveal()})
	case path != "":
		return fromFile(s, path, n)
	case text != "":
		return n.filled(value{text: text})
	case s.preset != "":
		return value{text: s.preset}, true
	}
	return value{}, false
}

// fromFile reads the value of a setting from the file that its variable names.
func fromFile(s given, path string, n *notes) (v value, ok bool) {
	shown := "the file that " + s.fileVariable() + " names"
	if showable(path) {
		shown = path
	}
	content, err := read(path)
	if err != nil {
		n.fault("can't read " + shown + ": " + reason(err))
		return value{}, false
	}
	n.origin = " (from " + shown + ")"
	return n.filled(value{text: strings.TrimRight(string(content), "\r\n"), byLine: true})
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err == nil && len(content) > fileLimit {
		err = errors.New("above 1 MiB")
	}
	return content, err
}

// showable says that a text is a path beyond doubt. The commonest mistake with
// a variable that names a file is to put the secret itself there, so anything
// else is not repeated.
func showable(path string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
	printable := !strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) })
	return printable && (filepath.IsAbs(path) || begins("./") || begins("../"))
}

// reason is what went wrong with a file, without its name.
func reason(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
