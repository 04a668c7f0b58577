package main

import (
	"context"
	"fmt"

	"dossier/application/query"
	"dossier/ports/httpapi"
)

// maxLag is how far a read model may be behind before the service says that it
// is not ready: a few seconds of the fastest ingest. Beyond it, answers would
// be those of another time, as after a start on a long log.
const maxLag = 50_000

// checks are the conditions of being ready.
func (s *service) checks(progress func(context.Context) ([]query.Progress, error)) []httpapi.Check {
	return []httpapi.Check{
		{Name: "database", Ready: s.store.Writable},
		{Name: "projections", Ready: func(ctx context.Context) error {
			models, err := progress(ctx)
			if err != nil {
				return fmt.Errorf("the database does not answer")
			}
			for _, p := range models {
				if p.Lag() > maxLag {
					return fmt.Errorf("read model %s is %d events behind", p.Name, p.Lag())
				}
			}
			return nil
		}},
	}
}
