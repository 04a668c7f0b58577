package config_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"dossier/cmd/dossier/internal/config"
)

// grammar is a program as main has it.
type grammar struct {
	Serve command `cmd:""`
	Token struct {
		Role string `enum:"reader,admin" default:"reader"`
		Make struct {
			Name string `arg:""`
		} `cmd:""`
	} `cmd:""`
}

func TestTheCommandLineIsRead(t *testing.T) {
	var g grammar
	ctx, err := config.Parse(parser(t, &g), []string{"serve", "--listen", ":1", "--rate=2"})

	if err != nil {
		t.Fatal(err)
	}
	equal(t, "command", ctx.Command(), "serve")
	equal(t, "rate", g.Serve.Rate, 2)
}

func TestVariablesAreNotReadByTheParser(t *testing.T) {
	t.Setenv("DOSSIER_LISTEN", ":1")
	c, err := config.Load(flags(t), environment())

	if err != nil {
		t.Fatal(err)
	}
	equal(t, "listen", c.Listen, "127.0.0.1:8080")
}

func TestErrorsOfTheCommandLineRepeatNoSecret(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // a part of the error
	}{
		{[]string{"serve", "--webhook-secrets", "a=x,", "b=" + sentinel}, "unexpected argument (It is not repeated"},
		{[]string{"serve", "--api-tokens", "admin:", sentinel}, "unexpected argument (It is not repeated"},
		{[]string{sentinel}, "unexpected argument (It is not repeated"},
		{[]string{"serv"}, `unexpected argument, did you mean "serve"? (`},
		{[]string{"serve", "--api-tokens", "-" + sentinel}, "--api-tokens: a value is expected"},
		{[]string{"serve", "--api-tokens", "--" + sentinel}, "--api-tokens: a value is expected"},
		{[]string{"serve", "--api-tokens"}, "--api-tokens: a value is expected"},
		{[]string{"serve", "--" + sentinel}, "unknown flag"},
		{[]string{"serve", "--" + sentinel + "=" + sentinel}, "unknown flag"},
		{[]string{"serve", "--webhook-secret=" + sentinel}, `unknown flag --webhook-secret, did you mean "--webhook-secrets"?`},
		{[]string{"serve", "--rate", sentinel}, "--rate: expected a valid 64 bit int"},
		{[]string{"serve", "--rate", "-" + sentinel}, "--rate: expected int value"},
		{[]string{"--help=" + sentinel}, ""},
		{[]string{"token", "--role=" + sentinel, "make", "name"}, `--role must be one of "reader","admin"`},
	} {
		_, err := config.Parse(parser(t, &grammar{}), c.args)
		if err == nil {
			t.Errorf("%v: no error", c.args)
			continue
		}
		checkSilence(t, err)
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %q, want %q", c.args, err, c.want)
		}
	}
}

func TestHelpOfASettingHasItsDefaultAndItsVariable(t *testing.T) {
	var out bytes.Buffer
	p, err := kong.New(&grammar{}, config.Help(), kong.Writers(&out, &out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOSSIER_WEBHOOK_SECRETS", sentinel)
	// The parser goes on when the test's exit returns, and what it then says is
	// of no interest.
	_, _ = config.Parse(p, []string{"serve", "--api-tokens=" + sentinel, "--help"})

	checkSilence(t, out.String())
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"--listen=HOST:PORT Address to serve on. Port 0 takes a free one, an empty host takes every interface. " +
			"Default: 127.0.0.1:8080. Variable: $DOSSIER_LISTEN, or a file named by $DOSSIER_LISTEN_FILE.",
		"Default: text on a terminal, else json.",
		"Others can see a command line: prefer the variable or a file. Variable: $DOSSIER_API_TOKENS,",
		"--rate=INT A flag of another kind.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the help does not have %q:\n%s", want, out.String())
		}
	}
	for _, v := range tableVariables() {
		if !strings.Contains(text, "$"+v+"_FILE") {
			t.Errorf("the help does not have %s", v)
		}
	}
}
