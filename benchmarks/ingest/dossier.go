package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

const secret = "benchmark-secret-0123456789"

// measureDossier measures the binary with a load that sends as fast as it is
// answered.
func measureDossier(ctx context.Context, o options) (float64, error) {
	r, err := withDossier(ctx, o, "postgres", load{connections: o.connections})
	return r.rate(), err
}

// measureDossierAt measures the binary at a fixed rate, whether it keeps up or
// not.
func measureDossierAt(ctx context.Context, o options, database string) (result, error) {
	const connections = 64
	return withDossier(ctx, o, database, load{
		connections: connections, interval: time.Duration(connections) * time.Second / time.Duration(o.rate),
	})
}

func withDossier(ctx context.Context, o options, database string, l load) (result, error) {
	databaseURL, drop, err := databaseFor(ctx, o, database)
	if err != nil {
		return result{}, err
	}
	defer drop()
	keys, err := os.MkdirTemp("", "dossier-bench-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(keys)
	server, err := start(ctx, []string{
		"DOSSIER_LOG_KEY_FILE=" + filepath.Join(keys, "key"),
		"DOSSIER_DATABASE_URL=" + databaseURL, "DOSSIER_LISTEN=127.0.0.1:0", "DOSSIER_LOG_LEVEL=warn",
		"DOSSIER_WEBHOOK_SECRETS=default=" + secret, "DOSSIER_API_TOKENS=admin:" + secret,
	}, o.binary, "serve")
	if err != nil {
		return result{}, err
	}
	defer server.stop()
	if l.target, err = url.Parse("http://" + server.address + "/webhooks/synaps/default?secret=" + secret); err != nil {
		return result{}, err
	}
	return l.run(ctx, o.duration)
}

func databaseFor(ctx context.Context, o options, database string) (databaseURL string, drop func(), err error) {
	if database == "postgres" {
		return freshDatabase(ctx, o.server)
	}
	folder, err := os.MkdirTemp("", "dossier-bench-")
	if err != nil {
		return "", nil, err
	}
	return "sqlite:" + filepath.Join(folder, "dossier.db"), func() { _ = os.RemoveAll(folder) }, nil
}

var listens = regexp.MustCompile(`listens on http://(\S+)`)

// start runs a server and returns once it has said where it listens.
func start(ctx context.Context, environment []string, name string, args ...string) (*process, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), environment...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	}
	addresses := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if found := listens.FindStringSubmatch(lines.Text()); found != nil {
				addresses <- found[1]
			}
		}
		close(addresses)
	}()
	select {
	case address, ok := <-addresses:
		if !ok {
			return nil, errors.Join(fmt.Errorf("%s ended", name), command.Wait())
		}
		return &process{address, stop}, nil
	case <-time.After(startTimeout):
		stop()
		return nil, fmt.Errorf("%s did not say where it listens", name)
	}
}
