package config

import (
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Table returns all settings as a Markdown table, for the README.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | flag | meaning | default |\n|---|---|---|---|\n")
	for _, s := range known() {
		standard := s.otherwise
		if s.preset != "" {
			standard = "`" + s.preset + "`"
		}
		b.WriteString("| `" + s.variable() + "` | `" + s.flag() + "=" + s.placeholder + "` | " + s.meaning + " | " + standard + " |\n")
	}
	return b.String()
}

// Help is the option that completes the help of each setting with its default
// and its variable. The help of other flags stays as kong has it.
func Help() kong.Option { return kong.ValueFormatter(help) }

func help(v *kong.Value) string {
	if v.Target.Type() != reflect.TypeFor[Setting]() {
		return kong.DefaultHelpValueFormatter(v)
	}
	s := specOf(func(key string) (string, bool) { return v.Tag.Get(key), v.Tag.Has(key) })
	text := s.meaning + " Default: " + s.preset + s.otherwise + ". "
	if s.secret {
		text += "Others can see a command line: prefer the variable or a file. "
	}
	return text + "Variable: $" + s.variable() + ", or a file named by $" + s.fileVariable() + "."
}
