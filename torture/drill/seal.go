package drill

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"dossier/application/eventlog"
	"dossier/torture/world"
)

// awaitSeal returns when a server shows another signed checkpoint than it did.
func (s *scene) awaitSeal(ctx context.Context, server *world.Server) error {
	const interval, limit = 10 * time.Millisecond, 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	first, err := checkpoint(ctx, server)
	for {
		now, failed := checkpoint(ctx, server)
		if err == nil && failed == nil && !bytes.Equal(first, now) {
			return nil
		}
		if err != nil {
			first, err = now, failed
		}
		if !eventlog.Pause(ctx, interval) {
			return ctx.Err()
		}
	}
}

func checkpoint(ctx context.Context, server *world.Server) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL()+"/log/checkpoint", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}
