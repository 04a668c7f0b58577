package main

import (
	"context"
	"testing"
	"time"

	"dossier/cmd/dossier/internal/config"
)

// server is a whole service in this process, made by the wiring of `serve`.
type server struct {
	*client
	service *service
	logs    *recording
	out     *recording
	stop    func() // ends it and waits; it must end without an error
}

// environment is that of a command, with a free port and the credentials of the
// tests. The variables that a test gives count first.
func environment(databaseURL string, variables ...string) config.Environment {
	return config.Environment{Now: time.Now(), Variables: append(variables,
		"DOSSIER_DATABASE_URL="+databaseURL,
		"DOSSIER_LISTEN=127.0.0.1:0",
		"DOSSIER_WEBHOOK_SECRETS=default="+hookSecret,
		"DOSSIER_API_TOKENS=admin:"+adminToken+",auditor:"+auditorToken+",reviewer:"+reviewerToken+",reader:"+readerToken,
		"DOSSIER_LOG_LEVEL=debug", "DOSSIER_LOG_FORMAT=json",
		"DOSSIER_LOG_KEY_FILE="+logKeyFile(databaseURL),
	)}
}

// serve starts a service that ends with the test.
func serve(t testing.TB, databaseURL string, variables ...string) *server {
	t.Helper()
	s := wired(t, databaseURL, variables...)
	s.run(t)
	return s
}

// wired returns a service that listens and does not serve yet.
func wired(t testing.TB, databaseURL string, variables ...string) *server {
	t.Helper()
	s := &server{logs: &recording{}, out: &recording{}}
	c := console{out: s.out, err: s.logs, env: environment(databaseURL, variables...)}
	cfg, logger, err := c.configure(&serveCommand{})
	if err != nil {
		t.Fatal(err)
	}
	if s.service, err = newService(bounded(t), cfg, logger); err != nil {
		t.Fatal(err)
	}
	s.service.introduce(s.out)
	s.client = newClient(t, "http://"+s.service.address(), adminToken)
	return s
}

func (s *server) run(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.service.run(ctx) }()
	stopped := false
	s.stop = func() {
		if stopped {
			return
		}
		stopped = true
		s.http.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with: %v", err)
		}
		if log := s.logs.String(); t.Failed() {
			t.Logf("end of the service's log:\n%s", log[max(0, len(log)-2000):])
		}
	}
	t.Cleanup(s.stop)
}
