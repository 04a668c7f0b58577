// Command dossier keeps the legal truth about identity verifications.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"dossier/cmd/dossier/internal/config"
)

// version is set when a release is built.
var version = "dev"

// Exit codes.
const (
	exitFine     = 0
	exitFindings = 1
	exitFailure  = 2 // or wrong usage
)

// errFindings is what a command returns that worked, and told of findings.
var errFindings = errors.New("there are findings")

// commands are what the binary can do.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Receive webhooks and answer the API."`
	Demo      demoCommand      `cmd:"" help:"Serve on a throw-away database with simulated traffic: the quickest look."`
	Simulate  simulateCommand  `cmd:"" help:"Send realistic webhooks to a running server."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the schema of the database to that of this program."`
	Replay    replayCommand    `cmd:"" help:"Tell a session's whole story from the log, or fold the whole log and count what it holds."`
	Verify    verifyCommand    `cmd:"" help:"Check the whole store against its log and the transparency log, or a file of evidence. It writes nothing."`
	Rebuild   rebuildCommand   `cmd:"" help:"Build the read models anew from the log, while servers go on answering."`
	Export    exportCommand    `cmd:"" help:"Write evidence to take away: of a session, or of a range of the log."`
	Relay     relayCommand     `cmd:"" help:"Publish the log to a message broker, or deliver it to an HTTP receiver."`
	Reconcile reconcileCommand `cmd:"" help:"Ask the provider's API how a session stands, and record what differs."`
	Backup    backupCommand    `cmd:"" help:"Copy the database into a file, while servers go on writing, and check the copy."`
	Restore   restoreCommand   `cmd:"" help:"Put a backup in the place of the database: of SQLite where no server runs, of PostgreSQL into an empty one."`
	LogKey    logKeyCommand    `cmd:"" name:"log-key" help:"Replace the key that signs the transparency log."`
	Token     tokenCommand     `cmd:"" help:"Make, list and revoke tokens of the API."`
	Groups    groupsCommand    `cmd:"" help:"List, move and delete consumer groups, and the places of relays."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// console is where a command talks to people and programs.
type console struct {
	in       io.Reader
	out, err io.Writer
	env      config.Environment
}

// configure reads the settings of a command and warns of what looks wrong.
func (c console) configure(cmd any) (config.Config, *slog.Logger, error) {
	cfg, err := config.Load(cmd, c.env)
	logger := cfg.Logger(c.err)
	for _, warning := range cfg.Warnings {
		logger.Warn(warning)
	}
	return cfg, logger, err
}

func main() {
	tuneRuntime()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := console{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: config.OS(os.Stderr, time.Now())}
	os.Exit(run(ctx, os.Args[1:], c))
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, c console) int {
	exited, code := false, exitFine
	parser, err := kong.New(&commands{},
		kong.Name("dossier"),
		kong.Description("Keeps the legal truth about identity verifications."),
		config.Help(),
		kong.Writers(c.out, c.err),
		kong.Exit(func(n int) { exited, code = true, n }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(c),
	)
	if err != nil {
		panic(err) // the struct above is wrong
	}
	parsed, err := config.Parse(parser, args)
	if exited { // the help was asked for
		return code
	}
	if err == nil {
		err = parsed.Run()
	} else {
		err = fmt.Errorf("%w; see `dossier --help`", err)
	}
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return exitFine
	case errors.Is(err, errFindings):
		return exitFindings
	default:
		fmt.Fprintln(c.err, "dossier: "+err.Error())
		return exitFailure
	}
}
