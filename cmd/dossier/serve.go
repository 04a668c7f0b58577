package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"dossier/application/translog"
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
	s.tellPlace(ctx, cfg)
	s.introduce(c.out)
	logger.Info("serving", "version", version, "config", slog.AnyValue(cfg))
	return s.run(ctx)
}

// tellPlace says where the log is, if it begins there, and what does not guard
// it.
func (s *service) tellPlace(ctx context.Context, cfg config.Config) {
	head, err := s.store.Head(ctx)
	if err != nil {
		s.logger.Warn("whether the log begins here is not known", "error", err)
		return
	}
	s.begun.tell(ctx, cfg.Database, head, s.logger)
	if err := s.store.TriggersHold(ctx); err != nil {
		s.logger.Error("the log is not guarded", "error", err)
	}
}

// introduce prints where the service listens, and the secrets that it had to
// make: on the output, once and in one piece, and never through the logger.
func (s *service) introduce(out io.Writer) {
	w := new(bytes.Buffer)
	defer func() { _, _ = w.WriteTo(out) }()
	fmt.Fprintf(w, "Dossier %s listens on http://%s\n", version, s.address())
	fmt.Fprintf(w, "API documentation: http://%s/docs\n", s.address())
	fmt.Fprintf(w, "Key that verifies the log: %s\n", translog.CurrentVerifier(s.logKey.verifiers))
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
