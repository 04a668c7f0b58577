package redisstream_test

import (
	"errors"
	"strings"
	"testing"

	wredis "github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/alicebob/miniredis/v2"

	"dossier/adapters/brokertest"
	"dossier/adapters/redisstream"
	"dossier/application/relay"
)

func TestConformance(t *testing.T) {
	for name, start := range backends() {
		t.Run(name, func(t *testing.T) {
			brokertest.Run(t, func(t *testing.T) brokertest.Server { return start(t, "") })
		})
	}
}

// What the standard unmarshaller of the library reads is the CloudEvent and its
// id.
func TestWatermillSubscribersReadIt(t *testing.T) {
	onEach(t, "", func(t *testing.T, s server) {
		b, messages := s.Open(t), brokertest.Messages(t, 1, 1)
		defer b.Close()
		if err := b.Publish(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
		entries, err := s.client(t).XRange(t.Context(), stream, "-", "+").Result()
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d entries: %v", len(entries), err)
		}
		m, err := wredis.DefaultMarshallerUnmarshaller{}.Unmarshal(entries[0].Values)
		if err != nil {
			t.Fatal(err)
		}
		if m.UUID != messages[0].Event.EventID || string(m.Payload) != string(messages[0].Body) {
			t.Errorf("the message %s says %s", m.UUID, m.Payload)
		}
	})
}

// open opens a broker under a URL, and closes it.
func open(t *testing.T, text string) error {
	t.Helper()
	b, err := redisstream.Open(t.Context(), target(t, text))
	if err == nil {
		b.Close()
	}
	return err
}

// checkRefused checks an error's class, and that it tells no password.
func checkRefused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, relay.ErrRefused) {
		t.Fatalf("the error is %v", err)
	}
	if text := err.Error(); strings.Contains(text, "p4ssw0rd") || strings.Contains(text, "wr0ng") || strings.Contains(text, "://") {
		t.Errorf("the error tells too much: %s", text)
	}
}

func TestServerThatRefuses(t *testing.T) {
	onEach(t, "p4ssw0rd", func(t *testing.T, s server) {
		for name, text := range map[string]string{
			"a wrong password": "redis://:wr0ng@" + s.address(),
			"no password":      "redis://" + s.address(),
			"an unknown user":  "redis://nobody:p4ssw0rd@" + s.address(),
		} {
			t.Run(name, func(t *testing.T) { checkRefused(t, open(t, text)) })
		}
		t.Run("the right password is accepted", func(t *testing.T) {
			if err := open(t, "redis://:p4ssw0rd@"+s.address()); err != nil {
				t.Error(err)
			}
		})
		t.Run("a key that holds something else", func(t *testing.T) {
			if err := s.client(t).Set(t.Context(), "taken", "text", 0).Err(); err != nil {
				t.Fatal(err)
			}
			checkRefused(t, open(t, "redis://:p4ssw0rd@"+s.address()+"/taken"))
		})
	})
}

func TestUntrustedCertificateIsRefused(t *testing.T) {
	m := miniredis.NewMiniRedis()
	if err := m.StartTLS(brokertest.UntrustedTLS(t)); err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	checkRefused(t, open(t, "rediss://"+m.Addr()))
}

// A key may be taken when the relay already runs.
func TestRefusalWhilePublishing(t *testing.T) {
	onEach(t, "", func(t *testing.T, s server) {
		b, messages, client := s.Open(t), brokertest.Messages(t, 1, 1), s.client(t)
		defer b.Close()
		if err := client.Set(t.Context(), stream, "text", 0).Err(); err != nil {
			t.Fatal(err)
		}
		checkRefused(t, b.Publish(t.Context(), messages))
		if err := client.Del(t.Context(), stream).Err(); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(t.Context(), messages); err != nil {
			t.Error(err)
		}
	})
}

func TestStatesThatPassAreNoRefusals(t *testing.T) {
	m := startMini(t, "").(*mini)
	b := m.Open(t)
	defer b.Close()
	for _, state := range []string{
		"LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
		"OOM command not allowed when used memory > 'maxmemory'.", "ERR max number of clients reached",
	} {
		m.running.SetError(state)
		if err := b.Publish(t.Context(), brokertest.Messages(t, 1, 1)); err == nil || errors.Is(err, relay.ErrRefused) {
			t.Errorf("%s: %v", state, err)
		}
	}
	m.running.SetError("NOPERM this user has no permissions to run the 'xadd' command")
	checkRefused(t, b.Publish(t.Context(), brokertest.Messages(t, 1, 1)))
}

func TestServerThatIsAwayDoesNotRefuse(t *testing.T) {
	err := open(t, "redis://:p4ssw0rd@"+freeAddress(t))
	if err == nil || errors.Is(err, relay.ErrRefused) || strings.Contains(err.Error(), "p4ssw0rd") {
		t.Errorf("the error is %v", err)
	}
}

func TestStreamIsTrimmedIfAsked(t *testing.T) {
	onEach(t, "", func(t *testing.T, s server) {
		b, err := redisstream.Open(t.Context(), target(t, "redis://"+s.address()+"/short?maxlen=10&db=1"))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if err := b.Publish(t.Context(), brokertest.Messages(t, 1, 500)); err != nil {
			t.Fatal(err)
		}
		inDB1 := s.client(t).Conn()
		defer inDB1.Close()
		if err := inDB1.Select(t.Context(), 1).Err(); err != nil {
			t.Fatal(err)
		}
		if n, err := inDB1.XLen(t.Context(), "short").Result(); err != nil || n < 10 || n > 250 {
			t.Errorf("the stream has %d entries: %v", n, err)
		}
	})
}

// A database that was asked for by its number and is not there is a refusal.
func TestMissingDatabaseIsRefused(t *testing.T) {
	s := startReal(t, "")
	checkRefused(t, open(t, "redis://"+s.address()+"?db=99"))
}
