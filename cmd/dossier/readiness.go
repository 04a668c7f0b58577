package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dossier/application/query"
	"dossier/application/translog"
	"dossier/ports/httpapi"
)

const (
	// nearHead is how near to the log's head a read model must have come once
	// after a start: before, answers lack sessions that exist.
	nearHead = 500
	// maxLag is how far it may be behind later: a few seconds of the fastest
	// ingest.
	maxLag = 50_000
)

// checks are the conditions of being ready.
func (s *service) checks(progress func(context.Context) ([]query.Progress, error)) []httpapi.Check {
	models := &catchUp{progress: progress, done: map[string]bool{}}
	return []httpapi.Check{
		{Name: "database", Ready: s.store.Ready},
		{Name: "projections", Ready: models.ready},
		{Name: "triggers", Advisory: true, Ready: s.store.TriggersHold},
		{Name: "signing", Advisory: true, Ready: s.signs},
	}
}

// signs says whether the transparency log is being signed, by whichever process.
func (s *service) signs(ctx context.Context) error {
	standing, err := translog.ReadStanding(ctx, s.store)
	if err != nil {
		return errors.New("the database does not answer")
	}
	return standing.Check(time.Now())
}

// catchUp remembers which read models have caught up with the log.
type catchUp struct {
	progress func(context.Context) ([]query.Progress, error)
	mu       sync.Mutex
	done     map[string]bool
}

func (c *catchUp) ready(ctx context.Context) error {
	models, err := c.progress(ctx)
	if err != nil {
		return errors.New("the database does not answer")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range models {
		c.done[p.Name] = c.done[p.Name] || p.Lag() <= nearHead
		if !c.done[p.Name] || p.Lag() > maxLag {
			return fmt.Errorf("read model %s is %d events behind", p.Name, p.Lag())
		}
	}
	return nil
}
