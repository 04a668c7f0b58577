package sqlstore_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"dossier/application/eventlog"
)

// locked is a buffer that several goroutines write to.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Whatever fails, what a person's record says must not come into an error or a
// log line, nor the session id, which opens the person's verification page.
func TestFailuresDoNotTellWhatTheyFailedOn(t *testing.T) {
	const secret = "very-secret"
	onEach(t, func(t *testing.T, b backend) {
		logged := &locked{}
		c := quiet()
		c.Logger = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		s := b.run(t, c)
		// Only a person with an SQL shell can make a stream inconsistent like this.
		_, err := b.raw.ExecContext(t.Context(), `INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at)
			VALUES (1, '0190163d-8694-739b-aea5-966c26f8ad91', 'default/`+secret+`', 1, 'kyc.`+secret+`.v9', '{"status":"`+secret+`"}', '{}', 1),
				(2, '0190163d-8694-739b-aea5-966c26f8ad92', 'default/b', 1, 'kyc.session_reset.v1', '{"cause":"`+secret+`"}', '{}', 1)`)
		if err != nil {
			t.Fatal(err)
		}
		_, appended := s.Append(t.Context(), request(secret, secret))
		if !errors.Is(appended, eventlog.ErrUnavailable) {
			t.Errorf("append: %v, want %v", appended, eventlog.ErrUnavailable)
		}
		_, corrupt := s.ReadOne(t.Context(), 2)
		_, long := s.Append(t.Context(), request(strings.Repeat(secret, 100), "x"))
		_, invalid := s.Append(t.Context(), request("b", secret+"\xff"))
		for name, err := range map[string]error{"append": appended, "corrupt": corrupt, "long": long, "invalid": invalid} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error is %v", name, err)
			}
		}
		if said := logged.String(); !strings.Contains(said, "append") || strings.Contains(said, secret) {
			t.Errorf("logged: %s", said)
		}
	})
}
