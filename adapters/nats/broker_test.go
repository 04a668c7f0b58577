package nats_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/adapters/brokertest"
	"dossier/adapters/nats"
	"dossier/application/relay"
)

func TestConformance(t *testing.T) {
	brokertest.Run(t, func(t *testing.T) brokertest.Server { return single(t, nil) })
}

// What was stored and is published again, because the answer got lost, is
// stored once.
func TestPublishedAgainWithinTheWindowIsStoredOnce(t *testing.T) {
	n := single(t, nil)
	b, messages := n.Open(t), brokertest.Messages(t, 5, 4)
	defer b.Close()
	for range 3 {
		if err := b.Publish(t.Context(), messages); err != nil {
			t.Fatal(err)
		}
	}
	if err := brokertest.CheckOnce(n.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

func TestMissingStreamIsMade(t *testing.T) {
	n := single(t, nil)
	b, err := nats.Open(t.Context(), target(t, n.url("/kyc.log?stream=KYC")), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	stream, err := manager(t, n.url("")).Stream(t.Context(), "KYC")
	if err != nil {
		t.Fatal(err)
	}
	c := stream.CachedInfo().Config
	if len(c.Subjects) != 1 || c.Subjects[0] != "kyc.log.>" || c.Storage != jetstream.FileStorage || c.Replicas != 1 || c.Duplicates.Minutes() != 2 {
		t.Errorf("the stream was made as %+v", c)
	}
}

// A stream that was deleted while the relay runs is made again.
func TestDeletedStreamIsMadeAgain(t *testing.T) {
	n := single(t, nil)
	b, messages := n.Open(t), brokertest.Messages(t, 2, 2)
	defer b.Close()
	if err := manager(t, n.url("")).DeleteStream(t.Context(), nats.DefaultStream); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if _, err := brokertest.Insist(ctx, b, messages); err != nil {
		t.Fatal(err)
	}
	if err := brokertest.CheckOnce(n.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

func TestExistingStreamIsUsedIfItTakesTheSubjects(t *testing.T) {
	for subject, taken := range map[string]bool{
		"dossier.events.>": true, "dossier.>": true, "dossier.*.>": true,
		"dossier.events": false, "dossier.events.*": false, "dossier.events.*.*": false, "other.>": false,
		"dossier.events.default.>": false,
	} {
		t.Run(subject, func(t *testing.T) {
			n := single(t, nil)
			_, err := manager(t, n.url("")).CreateStream(t.Context(), jetstream.StreamConfig{
				Name: nats.DefaultStream, Subjects: []string{subject},
			})
			if err != nil {
				t.Fatal(err)
			}
			b, err := nats.Open(t.Context(), target(t, n.url("")), nil)
			if taken != (err == nil) || !taken && !errors.Is(err, relay.ErrRefused) {
				t.Errorf("a stream of %s: %v", subject, err)
			}
			if err == nil {
				b.Close()
			}
		})
	}
}

// refusing are servers that will not have the messages, and the URL under which
// they are tried.
func refusing() map[string]func(t *testing.T) string {
	const password = "p4ssw0rd"
	user := func(permissions *server.Permissions) func(*server.Options) {
		return func(o *server.Options) {
			o.Users = []*server.User{{Username: "relay", Password: password, Permissions: permissions}}
		}
	}
	with := func(n *node, who, rest string) string {
		return strings.Replace(n.url(rest), "nats://", "nats://"+who+"@", 1)
	}
	return map[string]func(t *testing.T) string{
		"a wrong password": func(t *testing.T) string { return with(single(t, user(nil)), "relay:wr0ng", "") },
		"no credentials":   func(t *testing.T) string { return single(t, user(nil)).url("") },
		"no JetStream": func(t *testing.T) string {
			return single(t, func(o *server.Options) { o.JetStream = false }).url("")
		},
		"no right to ask for the stream": func(t *testing.T) string {
			return with(single(t, user(&server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$JS.API.>"}}})), "relay:"+password, "")
		},
		"no TLS at the server": func(t *testing.T) string { return strings.Replace(single(t, nil).url(""), "nats:", "nats+tls:", 1) },
		"an untrusted certificate": func(t *testing.T) string {
			n := single(t, func(o *server.Options) { o.TLS, o.TLSConfig, o.TLSTimeout = true, brokertest.UntrustedTLS(t), 60 })
			return strings.Replace(n.url(""), "nats:", "nats+tls:", 1)
		},
		"no TLS here": func(t *testing.T) string {
			return single(t, func(o *server.Options) { o.TLS, o.TLSConfig, o.TLSTimeout = true, brokertest.UntrustedTLS(t), 60 }).url("")
		},
		"replicas without a cluster":  func(t *testing.T) string { return single(t, nil).url("?replicas=3") },
		"a subject of another stream": takenSubject,
		"a stream without answers":    mutedStream,
	}
}

func takenSubject(t *testing.T) string {
	n := single(t, nil)
	if _, err := manager(t, n.url("")).CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHER", Subjects: []string{"dossier.>"}}); err != nil {
		t.Fatal(err)
	}
	return n.url("")
}

func mutedStream(t *testing.T) string {
	n := single(t, nil)
	if _, err := manager(t, n.url("")).CreateStream(t.Context(), jetstream.StreamConfig{Name: nats.DefaultStream, Subjects: []string{">"}, NoAck: true}); err != nil {
		t.Fatal(err)
	}
	return n.url("")
}

func TestServerThatRefuses(t *testing.T) {
	for name, start := range refusing() {
		t.Run(name, func(t *testing.T) {
			b, err := nats.Open(t.Context(), target(t, start(t)), nil)
			if err == nil {
				b.Close()
			}
			checkRefused(t, err)
		})
	}
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

func TestRefusalsWhilePublishing(t *testing.T) {
	n := single(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "relay", Password: "p4ssw0rd", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Deny: []string{"dossier.events.>"}},
		}}}
		o.MaxPayload = 4096
	})
	at := strings.Replace(n.url(""), "nats://", "nats://relay:p4ssw0rd@", 1)
	b, err := nats.Open(t.Context(), target(t, at), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	messages := brokertest.Messages(t, 1, 1)
	checkRefused(t, b.Publish(t.Context(), messages))
	messages[0].Body = make([]byte, 8192)
	checkRefused(t, b.Publish(t.Context(), messages))
}

// Credentials that stop being good while the relay runs are a refusal, and it
// goes on when they are good again.
func TestCredentialsThatChange(t *testing.T) {
	const good, bad = "p4ssw0rd", "wr0ng"
	n := single(t, func(o *server.Options) { o.Username, o.Password = "relay", good })
	b, err := nats.Open(t.Context(), target(t, strings.Replace(n.url(""), "nats://", "nats://relay:"+good+"@", 1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	messages := brokertest.Messages(t, 1, 1)
	restart := func(password string) {
		n.Stop(t)
		n.options.Password = password
		n.Start(t)
	}
	restart(bad)
	eventually(t, "the broker is refused", func() bool {
		return errors.Is(b.Publish(t.Context(), messages), relay.ErrRefused)
	})
	// The library gives up at the second refusal in a row, unless it is told not to.
	eventually(t, "the broker has tried again and again", func() bool {
		known, err := n.running.Varz(nil)
		return err == nil && known.TotalConnections >= 4
	})
	restart(good)
	eventually(t, "the broker is accepted", func() bool { return b.Publish(t.Context(), messages) == nil })
}

func TestServerThatIsAwayDoesNotRefuse(t *testing.T) {
	b, err := nats.Open(t.Context(), target(t, "nats://relay:p4ssw0rd@"+freeAddress(t)), nil)
	if err == nil {
		b.Close()
		t.Fatal("there is no server")
	}
	if errors.Is(err, relay.ErrRefused) || strings.Contains(err.Error(), "p4ssw0rd") {
		t.Errorf("the error is %v", err)
	}
}
