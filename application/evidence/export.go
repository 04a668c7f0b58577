package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

var (
	// ErrNoCheckpoint: no signed checkpoint covers the events, and none came
	// within a few seconds. Nothing was exported; try later.
	ErrNoCheckpoint = errors.New("no signed checkpoint covers the events")
	// ErrAltered: the log does not have what its tree says. Nothing was
	// exported; `dossier verify` tells what was changed.
	ErrAltered = errors.New("the log is not what its tree says")
	// ErrRange: there are no such positions.
	ErrRange = errors.New("there are no such positions")
)

const (
	// page is how many events are read at a time.
	page = 1000
	// patience is how long an export waits for a checkpoint. One is signed every
	// second where a server runs.
	patience = 5 * time.Second
	// recheck is how often it looks.
	recheck = 50 * time.Millisecond
)

// Sealed is the transparency log of the events.
type Sealed interface {
	translog.Tiles
	// LatestSigned returns the newest checkpoint; found is false if there is
	// none.
	LatestSigned(ctx context.Context) (latest translog.Signed, found bool, err error)
}

// Exporter makes evidence. All fields but the key are required.
type Exporter struct {
	Log    eventlog.Reader
	Sealed Sealed
	// Key signs statements; nil: bundles have none.
	Key     *translog.Key
	Rules   kyc.RuleBook
	Machine *kyc.Machine
	Program string
	Now     func() time.Time
}

// Session returns the bundle of a session. It must be in the access log before
// it is shown. The errors are query.ErrNoSuchSession, ErrNoCheckpoint, ErrAltered
// and those of the log.
func (x Exporter) Session(ctx context.Context, stream eventlog.Stream) (Bundle, error) {
	events, err := x.stream(ctx, stream, nil)
	if err != nil {
		return Bundle{}, err
	}
	if len(events) == 0 {
		return Bundle{}, query.ErrNoSuchSession
	}
	signed, err := x.covering(ctx, events[len(events)-1].Position)
	if err != nil {
		return Bundle{}, err
	}
	// The checkpoint may cover more than was read before it.
	if events, err = x.stream(ctx, stream, events); err != nil {
		return Bundle{}, err
	}
	return x.bundle(ctx, stream, until(events, signed.Size), signed)
}

// stream returns the events of a stream, the first of which are known.
func (x Exporter) stream(ctx context.Context, stream eventlog.Stream, events []eventlog.Recorded) ([]eventlog.Recorded, error) {
	for {
		more, err := x.Log.ReadStream(ctx, stream, int64(len(events)), page)
		if err != nil {
			return nil, err
		}
		for _, e := range more {
			if events = append(events, e); e.Version != int64(len(events)) {
				return nil, fmt.Errorf("%w: position %d has version %d, and is the session's event %d", ErrAltered, e.Position, e.Version, len(events))
			}
		}
		if len(more) < page {
			return events, nil
		}
	}
}

// until returns the events that a tree of a size holds.
func until(events []eventlog.Recorded, size int64) []eventlog.Recorded {
	for i, e := range events {
		if e.Position > size {
			return events[:i]
		}
	}
	return events
}

// covering waits for a checkpoint that covers a position.
func (x Exporter) covering(ctx context.Context, position int64) (translog.Signed, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(recheck)
	defer again.Stop()
	for {
		signed, found, err := x.Sealed.LatestSigned(ctx)
		if err != nil || found && signed.Size >= position {
			return signed, err
		}
		select {
		case <-ctx.Done():
			return translog.Signed{}, ctx.Err()
		case <-again.C:
		case <-deadline.C:
			return translog.Signed{}, fmt.Errorf("%w: position %d, and the newest covers %d; a running server signs every second",
				ErrNoCheckpoint, position, signed.Size)
		}
	}
}

func (x Exporter) bundle(ctx context.Context, stream eventlog.Stream, events []eventlog.Recorded, signed translog.Signed) (Bundle, error) {
	checkpoint, err := x.opened(ctx, signed)
	if err != nil {
		return Bundle{}, err
	}
	rules := x.Rules.For(stream.App)
	b := Bundle{
		Format: BundleFormat, Program: x.Program, ExportedAt: stamp(x.Now()),
		App: string(stream.App), SessionID: string(stream.Session), Rules: rulesOf(rules),
		Machine: MachineOf(x.Machine), Checkpoint: string(signed.Note),
	}
	tree, session := translog.NewTree(x.Sealed), kyc.NewSession()
	for _, recorded := range events {
		e, err := eventOf(recorded)
		if err != nil {
			return Bundle{}, err
		}
		proof, err := proved(ctx, tree, checkpoint, e)
		if err != nil {
			return Bundle{}, err
		}
		b.Events = append(b.Events, Proven{e, encoded(proof)})
		session.Apply(recorded.Event, recorded.Mark())
	}
	b.Session = derive(stream, session, rules)
	return b, x.state(&b, checkpoint.Size)
}

// proved returns the proof of an event, which it verifies: one that does not
// hold is no evidence, and shows that the log was altered.
func proved(ctx context.Context, tree translog.Tree, c translog.Checkpoint, e Event) (tlog.RecordProof, error) {
	proof, err := tree.Inclusion(ctx, e.Position, c.Size)
	if err != nil {
		return nil, err
	}
	if translog.CheckInclusion(c, e.Position, e.leaf(), proof) != nil {
		return nil, fmt.Errorf("%w: the event at position %d", ErrAltered, e.Position)
	}
	return proof, nil
}

// opened reads a stored checkpoint, which must be the key's and the tree's.
// Without the key its signature can't be checked here.
func (x Exporter) opened(ctx context.Context, signed translog.Signed) (translog.Checkpoint, error) {
	c, err := x.checkpoint(signed.Note)
	if err != nil {
		return c, fmt.Errorf("%w: the newest checkpoint: %w", ErrAltered, err)
	}
	root, err := translog.NewTree(x.Sealed).Root(ctx, c.Size)
	if err != nil {
		return c, err
	}
	if root != c.Root || c.Size != signed.Size {
		return c, fmt.Errorf("%w: the tree of %s is not the signed one", ErrAltered, count(c.Size, "event"))
	}
	return c, nil
}

func (x Exporter) checkpoint(note []byte) (translog.Checkpoint, error) {
	if x.Key != nil {
		return translog.OpenCheckpoint(note, x.Key.Verifier())
	}
	return translog.Unverified(note)
}

// state signs the statement, if there is a key.
func (x Exporter) state(b *Bundle, size int64) error {
	if x.Key == nil {
		return nil
	}
	signed, err := x.Key.Sign(statementOf(*b, size).text())
	if err != nil {
		return fmt.Errorf("sign the statement: %w", err)
	}
	b.Statement = string(signed)
	return nil
}
