package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// prefix begins the name of every variable.
const prefix = "DOSSIER_"

// Setting is one flag as it was given on the command line, read but not yet
// understood. Printing one shows a placeholder: any flag may hold a secret, if
// only by mistake.
type Setting struct {
	given bool
	text  Secret
}

// Decode takes the next argument as the value, for kong. A list that is given
// several times grows; of any other flag the last one counts.
func (s *Setting) Decode(ctx *kong.DecodeContext) error {
	text, err := argument(ctx)
	if err != nil {
		return err
	}
	if s.given && ctx.Value.Tag.Has("list") {
		text = s.text.Reveal() + "," + text
	}
	*s = Setting{given: true, text: NewSecret(text)}
	return nil
}

// argument takes the text of the next argument. A switch takes one only after
// a =.
func argument(ctx *kong.DecodeContext) (string, error) {
	token := ctx.Scan.Peek()
	switch {
	case ctx.Value.Tag.Has("switch") && token.Type != kong.FlagValueToken:
		return "true", nil
	case !token.IsValue():
		// Scan.PopValue would repeat the argument in its error.
		return "", errors.New("a value is expected; one that begins with a dash has to follow a =")
	}
	return ctx.Scan.Pop().String(), nil
}

// Format prints a placeholder for every verb.
func (Setting) Format(f fmt.State, _ rune) { writePlaceholder(f) }

// spec is what the tags of a Setting say of it.
type spec struct {
	name        string // of the flag, without the dashes
	placeholder string // the form of a value
	meaning     string
	preset      string // the value if none is given
	otherwise   string // what happens without a value, where no preset can say it
	secret      bool   // better not on a command line
	guard       bool   // leaving it out opens something
}

func (s spec) flag() string { return "--" + s.name }

func (s spec) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

func (s spec) fileVariable() string { return s.variable() + "_FILE" }

// specOf reads the tags of a field.
func specOf(lookup func(key string) (string, bool)) spec {
	get := func(key string) string { text, _ := lookup(key); return text }
	has := func(key string) bool { _, ok := lookup(key); return ok }
	return spec{
		name: get("name"), placeholder: get("placeholder"), meaning: get("help"), preset: get("preset"), otherwise: get("otherwise"),
		secret: has("secret"), guard: has("guard"),
	}
}

// given is a setting of a command, and what the command line said of it.
type given struct {
	spec
	Setting
}

// settingsIn returns the settings of a command's struct, those of the groups
// that it embeds included, in their order.
func settingsIn(v reflect.Value) []given {
	v = reflect.Indirect(v)
	if v.Kind() != reflect.Struct {
		return nil
	}
	var found []given
	for i := range v.NumField() {
		field := v.Type().Field(i)
		_, embeds := field.Tag.Lookup("embed")
		switch {
		case field.IsExported() && field.Type == reflect.TypeFor[Setting]():
			found = append(found, given{specOf(field.Tag.Lookup), v.Field(i).Interface().(Setting)})
		case field.Anonymous || embeds:
			found = append(found, settingsIn(v.Field(i))...)
		}
	}
	return found
}

// known returns every setting that there is.
func known() []spec {
	var specs []spec
	for _, s := range settingsIn(reflect.ValueOf(Flags{})) {
		specs = append(specs, s.spec)
	}
	return specs
}
