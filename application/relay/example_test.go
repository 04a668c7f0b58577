package relay_test

import (
	"context"
	"fmt"
	"log/slog"

	"dossier/application/eventlog"
	"dossier/application/relay"
)

// printer is a broker that prints what it stores, and asks for no more after so
// many messages.
type printer struct {
	wanted int
	enough func()
}

func (p *printer) Publish(_ context.Context, messages []relay.Message) error {
	for _, m := range messages {
		fmt.Printf("%s %s\n", m.Event.Type, m.Body)
		if p.wanted--; p.wanted == 0 {
			p.enough()
		}
	}
	return nil
}

func Example() {
	log := &book{}
	log.add("opened:a", "closed:a", "opened:b")
	ctx, enough := context.WithCancel(context.Background())
	r := relay.ToBroker{
		Feed: relay.Feed{
			Name: "accounts", Log: log, Grown: &eventlog.Broadcast{}, Groups: newDesk(log), Envelope: wrap{},
			Filter: relay.Filter{Types: []string{"opened"}},
			Holder: "one of its own", Meter: &counts{}, Logger: slog.New(slog.DiscardHandler), Lanes: 1,
		},
		Connect: reached(&printer{2, enough}),
	}
	if err := r.Run(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// opened 1
	// opened 3
}
