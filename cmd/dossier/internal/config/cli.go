package config

import (
	"errors"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

var (
	suggestion = regexp.MustCompile(`, did you mean (one of )?"[a-z-]+"(, "[a-z-]+")*\?$`)
	// flagName is what a person would have meant as a flag. Tokens and secrets
	// hold digits, capitals or an underscore.
	flagName = regexp.MustCompile(`^--?[a-z]+(-[a-z]+)*$`)
)

// Parse reads the command line as parser.Parse does, but its errors repeat no
// argument: after a space that slipped into a list of secrets, the rest of the
// list is an argument that kong does not expect, and would print.
func Parse(parser *kong.Kong, args []string) (*kong.Context, error) {
	ctx, err := parser.Parse(args)
	if err != nil {
		return nil, errors.New(silenced(err.Error()))
	}
	return ctx, nil
}

// silenced takes the arguments out of an error of kong. Names of commands and
// flags stay, and so do its suggestions.
func silenced(text string) string {
	if argument, ok := strings.CutPrefix(text, "unexpected argument "); ok {
		return "unexpected argument" + suggestion.FindString(argument) +
			" (It is not repeated, for it may be a secret. A list is one argument, without spaces.)"
	}
	if flag, ok := strings.CutPrefix(text, "unknown flag "); ok {
		suggested := suggestion.FindString(flag)
		if name := strings.TrimSuffix(flag, suggested); flagName.MatchString(name) {
			return text
		}
		return "unknown flag" + suggested
	}
	if strings.HasPrefix(text, "unexpected flag argument ") {
		return "a flag that takes no value was given one"
	}
	text, _, _ = strings.Cut(text, " but got ")
	return text
}
