package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

// serveCommand receives webhooks and answers the API.
type serveCommand struct {
	config.Flags
}

// Run serves until it is interrupted.
func (cmd *serveCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	s, err := newService(ctx, cfg, logger)
	if err != nil {
		return err
	}
	s.introduce(c.out)
	logger.Info("serving", "version", version, "config", slog.AnyValue(cfg))
	return s.run(ctx)
}

// introduce prints where the service listens, and the secrets that it had to
// make: on the output, once, and never through the logger.
func (s *service) introduce(w io.Writer) {
	fmt.Fprintf(w, "Dossier %s listens on http://%s\n", version, s.address())
	fmt.Fprintf(w, "API documentation: http://%s/docs\n", s.address())
	fmt.Fprintf(w, "Key that verifies the log: %s\n", s.logKey.verifier)
	for _, d := range s.relays {
		d.introduce(w)
	}
	if s.made.ownSecret != "" {
		fmt.Fprintf(w, "\nPaste this webhook URL into the Synaps manager (with your public host):\n  %s\n", s.webhookURL())
	}
	if s.made.firstToken != "" {
		fmt.Fprintf(w, "\nAPI token with the role admin, shown this once (more by `dossier token create`):\n  %s\n", s.made.firstToken)
	}
}

// webhookURL is the complete URL of the default app's webhooks.
func (s *service) webhookURL() string {
	u := url.URL{
		Scheme: "http", Host: s.address(), Path: webhook.Path + "/" + string(kyc.DefaultApp),
		RawQuery: url.Values{"secret": {s.made.secrets[kyc.DefaultApp][0]}}.Encode(),
	}
	return u.String()
}
