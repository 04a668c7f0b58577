package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetStream starts a NATS server with JetStream, and returns its URL and a
// client.
func jetStream(t *testing.T, options natsserver.Options) (url string, js jetstream.JetStream) {
	t.Helper()
	options.Host, options.JetStream, options.StoreDir = "127.0.0.1", true, t.TempDir()
	options.Port = cmp.Or(options.Port, natsserver.RANDOM_PORT)
	options.NoLog, options.NoSigs = true, true
	s, err := natsserver.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(options.Username, options.Password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if js, err = jetstream.New(conn); err == nil {
		_, err = js.CreateStream(bounded(t), jetstream.StreamConfig{Name: "DOSSIER", Subjects: []string{"dossier.events.>", "kyc.>"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.ClientURL(), js
}

// cloudEvent is an event as a relay sends it.
type cloudEvent struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Subject   string          `json:"subject"`
	App       string          `json:"app"`
	Sequence  string          `json:"sequence"`
	Version   int64           `json:"sessionversion"`
	Partition string          `json:"partitionkey"`
	Data      json.RawMessage `json:"data"`
}

// relayed returns what a stream holds once it has n messages, and their subjects.
func relayed(t *testing.T, js jetstream.JetStream, n int) (events []cloudEvent, subjects []string) {
	t.Helper()
	consumer, err := js.OrderedConsumer(bounded(t), "DOSSIER", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for len(events) < n {
		message, err := consumer.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatalf("%d of %d messages: %v", len(events), n, err)
		}
		events = append(events, decoded[cloudEvent](t, message.Data()))
		subjects = append(subjects, message.Subject())
	}
	return events, subjects
}

// relayIn is the command line of a relay, with its environment.
func relayIn(databaseURL string, variables ...string) []string {
	return environment(databaseURL, variables...).Variables
}

// TestAKilledRelayLosesNothing kills a relay in the middle, twice, while webhooks
// come in. JetStream drops what is published again.
func TestAKilledRelayLosesNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		courier := newCourier(s.client)
		url, js := jetStream(t, natsserver.Options{})
		all := deliveries(150, 11)
		for i := range 3 {
			relay := launchCommand(t, relayIn(databaseURL, "DOSSIER_RELAY="+url), "relay")
			courier.resendAll(all[i*len(all)/3 : (i+1)*len(all)/3])
			if i < 2 { // at its work: what it was given before has begun to arrive
				relayed(t, js, (i+1)*len(all)/6)
				relay.kill()
			}
		}
		log := auditLog(t, s.client)
		events, subjects := relayed(t, js, len(log))
		byPosition, last := map[string]cloudEvent{}, map[string]int64{}
		for i, e := range events {
			if _, twice := byPosition[e.Sequence]; twice {
				t.Errorf("position %s is stored twice", e.Sequence)
			}
			byPosition[e.Sequence] = e
			if e.Version != last[e.Subject]+1 {
				t.Errorf("a session's version %d comes after %d", e.Version, last[e.Subject])
			}
			last[e.Subject] = e.Version
			equal(t, "subject", subjects[i], "dossier.events."+e.App+"."+e.Partition)
		}
		for _, e := range log {
			got := byPosition[fmt.Sprintf("%020d", e.Position)]
			if got.ID != e.EventID || got.Subject != e.SessionID || got.Type != e.Type {
				t.Errorf("position %d: relayed as %s %s", e.Position, got.ID, got.Type)
			}
		}
	})
}

func TestARelayThatIsStoppedLetsAnotherGoOn(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		url, js := jetStream(t, natsserver.Options{})
		variables := relayIn(databaseURL, "DOSSIER_RELAY="+url+"/kyc?stream=DOSSIER")
		first := launchCommand(t, variables, "relay")
		s.send(submitted("one"), "applied")
		relayed(t, js, 1)
		second := launchCommand(t, variables, "relay")
		if second.logs.await(bounded(t), regexp.MustCompile("(?i)stands? by"), second.exited) == nil {
			t.Fatalf("the second relay does not stand by:\n%s", second.logs.String())
		}
		first.terminate()
		s.send(submitted("two"), "applied")
		events, _ := relayed(t, js, 2)
		equal(t, "the second event", events[1].Subject, "two")
		second.terminate()
	})
}

func TestARelaySendsWhatItsFilterPicks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		url, js := jetStream(t, natsserver.Options{})
		s.send(submitted("before"), "applied")
		s.send(hook{fields: fields{"session_id": "before", "status": "ON_HOLD"}}, "discarded")
		s.send(hook{fields: fields{"session_id": "after", "status": "ON_HOLD"}}, "discarded")
		relay := launchCommand(t, relayIn(databaseURL), "relay", "--to="+url, "--from=1", "--type=kyc.webhook_discarded.v1", "--session-ref")
		events, _ := relayed(t, js, 2) // of two sessions, which may overtake each other
		slices.SortFunc(events, func(a, b cloudEvent) int { return strings.Compare(a.Sequence, b.Sequence) })
		for i, position := range []int64{2, 3} {
			equal(t, "type", events[i].Type, "kyc.webhook_discarded.v1")
			equal(t, "sequence", events[i].Sequence, fmt.Sprintf("%020d", position))
			equal(t, "subject", events[i].Subject, events[i].Partition) // and not the session's id
		}
		relay.terminate()
	})
}

// What can't work is told at the start, and repeats no password.
func TestARelayThatCanNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	serve(t, databaseURL).send(submitted("one"), "applied")
	url, _ := jetStream(t, natsserver.Options{Username: "dossier", Password: "right-password"})
	wrong := strings.Replace(url, "nats://", "nats://dossier:"+hookSecret+"@", 1)
	for what, c := range map[string]struct {
		args []string
		says string
	}{
		"no target":                 {nil, "--to=URL is missing"},
		"a broker that refuses":     {[]string{"--to=" + wrong}, "refuses"},
		"a target of another kind":  {[]string{"--to=amqp://u:" + hookSecret + "@h/x"}, "whose scheme is one of"},
		"an option that is unknown": {[]string{"--to=" + url + "/x?stram=" + hookSecret}, "relay: "},
		"a position beyond head":    {[]string{"--name=beyond", "--to=" + strings.Replace(url, "nats://", "nats://dossier:right-password@", 1), "--from=99"}, "beyond the head"},
		"a receiver without TLS":    {[]string{"--to=http://192.0.2.1/" + hookSecret}, "https"},
	} {
		o := carryOut(t, databaseURL, append([]string{"relay"}, c.args...)...)
		if o.code != exitFailure || !strings.Contains(o.err, c.says) {
			t.Errorf("%s: exit code %d, %q", what, o.code, o.err)
		}
		checkSilent(t, what, o.err+o.out, []string{hookSecret, "right-password"})
	}
}

// A person who starts a relay is told of a refusal, also while another is active.
func TestARelayThatIsRefusedEndsThoughAnotherIsActive(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	serve(t, databaseURL).send(submitted("one"), "applied")
	url, js := jetStream(t, natsserver.Options{Username: "dossier", Password: "right-password"})
	to := func(password string) []string {
		return []string{"relay", "--name=crm", "--to=" + strings.Replace(url, "nats://", "nats://dossier:"+password+"@", 1)}
	}
	active := launchCommand(t, relayIn(databaseURL), to("right-password")...)
	relayed(t, js, 1)
	o := carryOut(t, databaseURL, to("wrong")...)
	if o.code != exitFailure || !strings.Contains(o.err, "refuses") {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
	active.terminate()
}

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// A broker that is away must not keep a server from receiving webhooks. The
// relay's lag is told before the broker was ever reached, and its place is that of
// the first start.
func TestARelayWaitsForABrokerThatComesLater(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		serve(t, databaseURL).send(submitted("before"), "applied")
		port := freePort(t)
		variables := []string{fmt.Sprintf("DOSSIER_RELAY=nats://127.0.0.1:%d/kyc", port), "DOSSIER_RELAY_NAME=crm", "DOSSIER_RELAY_FROM=end"}
		lag := func(s *server, want float64) {
			t.Helper()
			eventually(t, fmt.Sprintf("the metrics tell a lag of %v", want), func() bool {
				metrics := string(s.get("/metrics").body)
				return sample(t, metrics, `dossier_relay_lag_events{relay="crm"}`) == want &&
					(sample(t, metrics, `dossier_relay_lag_seconds{relay="crm"}`) > 0) == (want > 0)
			})
		}
		first := serve(t, databaseURL, variables...)
		lag(first, 0)
		if first.logs.await(bounded(t), regexp.MustCompile("reach its broker"), nil) == nil {
			t.Error("nothing is said of the broker")
		}
		first.send(submitted("one"), "applied")
		lag(first, 1)
		first.stop()

		second := serve(t, databaseURL, variables...)
		second.send(submitted("two"), "applied")
		lag(second, 2)
		_, js := jetStream(t, natsserver.Options{Port: port})
		events, _ := relayed(t, js, 2)
		slices.SortFunc(events, func(a, b cloudEvent) int { return strings.Compare(a.Sequence, b.Sequence) })
		equal(t, "the first event", events[0].Subject, "one")
		equal(t, "the second event", events[1].Subject, "two")
		lag(second, 0)
	})
}
