package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// checkStreams folds every stream and compares what was derived from it.
func (v *Verifier) checkStreams(ctx context.Context) error {
	var done int64
	err := v.Store.EachChunk(ctx, func(c Chunk) error {
		p := &chunkPass{Verifier: v, chunk: c, flags: map[int64]flagged{}}
		p.stat = p.newStatPass()
		if err := p.check(ctx); err != nil {
			return err
		}
		done += p.events
		v.progress(StageStreams, min(done, v.bounds.Head), v.bounds.Head)
		return nil
	})
	if err != nil {
		return err
	}
	return v.Store.ForeignHeads(ctx, func(version int64) {
		v.found(Finding{Check: HeadForeign, Version: version, Expected: "heads of streams that have events", Found: "a head whose stream has no valid name"})
	})
}

// chunkPass goes through the streams of one chunk.
type chunkPass struct {
	*Verifier
	chunk  Chunk
	fold   *fold             // of the stream that is gone through; nil before the first
	flags  map[int64]flagged // that the read model must have, by position
	stat   *statPass
	events int64
}

// current says whether the rows of a read model in this chunk can be compared:
// those of another version are made anew by the service.
func (p *chunkPass) current(model string) bool {
	at, made := p.chunk.Models[model]
	return !made || at.Version == p.made[model]
}

// flagged is a flag that the read model must have.
type flagged struct {
	row     FlagRow
	version int64 // of the event that raised it
}

func (p *chunkPass) check(ctx context.Context) error {
	err := p.chunk.Events(ctx, func(e Event) error {
		if e.StreamFault != nil {
			return nil // said of the event
		}
		p.events++
		if p.fold == nil || p.fold.stream != e.Stream {
			if err := p.end(ctx); err != nil {
				return err
			}
			p.fold = p.newFold(e.Stream)
		}
		p.fold.add(e)
		return p.stat.add(ctx, e.Recorded)
	})
	if err != nil {
		return err
	}
	if err := p.end(ctx); err != nil {
		return err
	}
	p.checkLeftOver()
	if err := p.checkFlags(ctx); err != nil {
		return err
	}
	return p.stat.end(ctx)
}

// end compares what was derived from the stream that has been gone through, and
// takes it out of the chunk.
func (p *chunkPass) end(ctx context.Context) error {
	f := p.fold
	if f == nil {
		return nil
	}
	p.sum.Streams++
	if f.unreadable { // said of the event: what it made of the rest can't be known
		p.forget(f.stream)
		return nil
	}
	p.checkHead(f)
	p.checkSession(f)
	p.forget(f.stream)
	return p.expectFlags(ctx, f)
}

func (p *chunkPass) forget(s eventlog.Stream) {
	delete(p.chunk.Heads, s)
	delete(p.chunk.Sessions, s)
	delete(p.chunk.Steps, s)
}

// fold is one stream while it is folded.
type fold struct {
	*chunkPass
	stream     eventlog.Stream
	session    *kyc.Session
	last       Event
	unreadable bool
	// projected is the session as of the read model's checkpoint.
	projected *kyc.Session
	flags     []eventlog.Recorded // events about flags, as of the flags' checkpoint
}

func (p *chunkPass) newFold(s eventlog.Stream) *fold {
	return &fold{chunkPass: p, stream: s, session: kyc.NewSession()}
}

func (f *fold) add(e Event) {
	if e.Version != f.last.Version+1 {
		f.found(Finding{Check: VersionHole, Position: e.Position, Stream: f.stream, Version: e.Version,
			Expected: fmt.Sprintf("version %d of the stream", f.last.Version+1), Found: fmt.Sprintf("version %d", e.Version)})
	}
	if e.Position <= f.last.Position {
		f.found(at(e).of(VersionOrder, fmt.Sprintf("a position behind %d, where the version before it is", f.last.Position), fmt.Sprintf("position %d", e.Position)))
	}
	if f.projected == nil && e.Position > f.chunk.Models[projection.SessionsName].Position {
		f.projected = f.session.Clone()
	}
	f.session.Apply(e.Event, e.Mark())
	f.unreadable = f.unreadable || e.DataFault != nil
	f.last = e
	_, resolves := e.Event.(kyc.FlagResolved)
	if (resolves || kyc.RaisesFlag(e.Event)) && e.Position <= f.chunk.Models[projection.FlagsName].Position {
		f.flags = append(f.flags, e.Recorded)
	}
}

// checkHead compares the head with the fold. Both grow in one transaction.
func (p *chunkPass) checkHead(f *fold) {
	head, found := p.chunk.Heads[f.stream]
	about := at(f.last)
	switch {
	case !found:
		p.found(about.of(HeadMissing, "a head of the stream", "none"))
	case head.Version != f.last.Version:
		p.found(about.of(HeadVersion, fmt.Sprintf("a head at version %d", f.last.Version), fmt.Sprintf("a head at version %d", head.Version)))
	case head.Fault != nil:
		p.found(about.of(HeadState, "a state that decodes", head.Fault.Error()))
	default:
		if part := stateDiffers(f.session.State(), head.State); part != "" {
			p.found(about.of(HeadState, part+" as the stream's events make it", "another"))
		}
	}
}

// checkLeftOver reports what is derived from streams that have no events.
func (p *chunkPass) checkLeftOver() {
	for _, s := range sorted(p.chunk.Heads) {
		p.found(Finding{Check: HeadForeign, Stream: s, Version: p.chunk.Heads[s].Version,
			Expected: "heads of streams that have events", Found: "a head of a stream without events"})
	}
	for _, s := range sorted(p.chunk.Sessions) {
		p.found(Finding{Check: SessionExtra, Position: p.chunk.Sessions[s].Position, Stream: s,
			Expected: "rows of sessions that have events", Found: "a row of a session without events"})
	}
	for _, s := range sorted(p.chunk.Steps) {
		for range p.chunk.Steps[s] {
			p.found(Finding{Check: StepExtra, Stream: s, Expected: "rows of steps of sessions that have events", Found: "a row of a session without events"})
		}
	}
}

// sorted returns the streams of a map in the order of their names.
func sorted[V any](m map[eventlog.Stream]V) []eventlog.Stream {
	return slices.SortedFunc(maps.Keys(m), func(a, b eventlog.Stream) int {
		switch {
		case a.Key() < b.Key():
			return -1
		case a.Key() > b.Key():
			return 1
		}
		return 0
	})
}
