package config_test

import (
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"dossier/cmd/dossier/internal/config"
)

func ExampleLoad() {
	// A command embeds the settings that it needs, beside flags of its own.
	var serve struct {
		config.Flags
		Once bool
	}
	parser := kong.Must(&serve, config.Help())
	if _, err := config.Parse(parser, []string{"--once", "--listen=:0"}); err != nil {
		fmt.Println(err)
	}
	env := config.Environment{
		Variables: []string{"DOSSIER_LISTEN=:80", "DOSSIER_WEBHOOK_SECRETS=default=wJ2vqTz8sLm4Xc71"},
		Now:       time.Now(),
	}

	c, err := config.Load(&serve, env)
	fmt.Println(c.Listen, c.Secrets, err)

	env.Variables = []string{"DOSSIER_API_TOKENS=wJ2vqTz8sLm4Xc71", "DOSSIER_HEAL_WINDOW=30"}
	_, err = config.Load(&serve, env)
	fmt.Println(err)
	// Output:
	// :0 map[default:[[redacted]]] <nil>
	// the configuration has 2 faults:
	//   DOSSIER_API_TOKENS (--api-tokens): entry 1: role:token is expected
	//   DOSSIER_HEAL_WINDOW (--heal-window): a duration of 0s or more is expected, such as 30s or 2m
}
