package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// remembered is for how long the delivery of an event must be known. The
// service forgets them after 90 days, by its own clock; an hour is left for
// clocks that differ.
const remembered = 90*24*time.Hour - time.Hour

// signingLimit is how long an event may wait for a signature. A service signs
// every second; after an outage it has some time to begin again.
const signingLimit = 10 * time.Minute

// logPass goes through the log in position order, up to where it ended when the
// check began.
type logPass struct {
	*Verifier
	last        Event // that was gone through; zero at the beginning
	tree        sealed
	checkpoints *checkpoints
}

func (v *Verifier) checkLog(ctx context.Context) error {
	checkpoints, err := v.newCheckpoints()
	if err != nil {
		return err
	}
	p := &logPass{Verifier: v, checkpoints: checkpoints, tree: sealed{
		tiles: v.Store, found: v.found, size: min(v.sealed(), v.bounds.Head),
		cuts: v.cuts, confirmed: func(size int64) { v.confirmed = max(v.confirmed, size) },
		pages: map[int]page{}, missing: map[int]int64{},
	}}
	if err := p.judge(ctx, 0); err != nil {
		return err
	}
	for p.last.Position < v.bounds.Head {
		if err := p.page(ctx); err != nil {
			return err
		}
		v.progress(StageLog, p.last.Position, v.bounds.Head)
	}
	p.tree.settle(LeafDiffers, "")
	checkpoints.beyond(v.bounds.Head)
	return nil
}

// page goes through the next events.
func (p *logPass) page(ctx context.Context) error {
	events, err := p.Store.Events(ctx, p.last.Position, pageSize)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		return p.hole(ctx, p.bounds.Head+1) // the end was there a moment ago
	}
	came := events[:0:0]
	for _, e := range events {
		if e.Position > p.bounds.Head {
			break
		}
		if err := p.event(ctx, e); err != nil {
			return err
		}
		if e.Came.DeliveryID != "" && p.Now().Sub(e.Clock()) < remembered {
			came = append(came, e)
		}
		p.last = e
	}
	return p.checkKnown(ctx, came)
}

func (p *logPass) event(ctx context.Context, e Event) error {
	if e.Position != p.last.Position+1 {
		if err := p.hole(ctx, e.Position); err != nil {
			return err
		}
	}
	p.sum.Events++
	p.checkEvent(e)
	p.checkSigned(e)
	leaf := translog.Leaf(e.Recorded)
	if err := p.tree.add(ctx, at(e), &leaf); err != nil {
		return err
	}
	return p.judge(ctx, e.Position)
}

// hole reports missing events up to before a position, and goes on with the
// leaves that are stored of them.
func (p *logPass) hole(ctx context.Context, next int64) error {
	first, last := p.last.Position+1, next-1
	p.found(Finding{Check: PositionHole, Position: first, Last: last,
		Expected: fmt.Sprintf("%d events", last-first+1), Found: "none of them"})
	for position := first; position <= last && !p.tree.blind; position++ {
		if err := p.tree.add(ctx, Finding{}, nil); err != nil {
			return err
		}
		if err := p.judge(ctx, position); err != nil {
			return err
		}
	}
	p.last.Position = last
	return nil
}

func (p *logPass) judge(ctx context.Context, size int64) error {
	return p.checkpoints.take(ctx, size, p.tree.judge)
}

// checkEvent checks what an event says by itself, and after the one before it.
func (p *logPass) checkEvent(e Event) {
	f := at(e)
	if e.RecordedAt.Before(p.last.RecordedAt) {
		p.found(f.of(TimeBackwards, "recorded at "+stamp(p.last.RecordedAt)+" or later, as the event before it", "recorded at "+stamp(e.RecordedAt)))
	}
	if !isUUIDv7(e.EventID) {
		p.found(f.of(EventID, "a UUIDv7 as the event's id", "another form"))
	}
	if e.StreamFault != nil {
		p.found(f.of(EventStream, "a stream of the form app/session_id", "another form"))
	}
	if e.DataFault != nil {
		p.found(f.of(EventData, "data that its type describes", e.DataFault.Error()))
	}
	if e.MetadataFault != nil {
		p.found(f.of(EventMetadata, "metadata as every event has", e.MetadataFault.Error()))
	}
	if e.Came.Payload == "" && e.Came.PayloadSHA256 == "" {
		return
	}
	if sum := sha256.Sum256([]byte(e.Came.Payload)); hex.EncodeToString(sum[:]) != e.Came.PayloadSHA256 {
		p.found(f.of(PayloadHash, "a payload whose SHA-256 is "+quoted(e.Came.PayloadSHA256), "one whose SHA-256 is "+hex.EncodeToString(sum[:])))
	}
}

// checkSigned finds that signing stands still, at the first event that no stored
// checkpoint covers.
func (p *logPass) checkSigned(e Event) {
	waited := p.Now().Sub(e.Clock())
	if e.Position != p.bounds.Signed+1 || waited < signingLimit {
		return
	}
	p.found(at(e).of(NotSigned, "a signed checkpoint of this position, a second or two after it was recorded",
		fmt.Sprintf("none for %s; the newest covers %d events", waited.Truncate(time.Second), p.bounds.Signed)))
}

// at is a finding about an event.
func at(e Event) Finding {
	return Finding{Position: e.Position, Stream: e.Stream, Version: e.Version}
}

// of completes a finding.
func (f Finding) of(check Check, expected, found string) Finding {
	f.Check, f.Expected, f.Found = check, expected, found
	return f
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// quoted returns a text that must be a hash, unless it is too long for one.
func quoted(hash string) string {
	if len(hash) > 2*tlog.HashSize {
		return "of another form"
	}
	return fmt.Sprintf("%q", hash)
}

// isUUIDv7 says whether a text is a UUID of version 7 in its usual form.
func isUUIDv7(text string) bool {
	if len(text) != 36 || text[14] != '7' || text[19] != '8' && text[19] != '9' && text[19] != 'a' && text[19] != 'b' {
		return false
	}
	for i := range len(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexadecimal := text[i] >= '0' && text[i] <= '9' || text[i] >= 'a' && text[i] <= 'f'
		if dash != (text[i] == '-') || !dash && !hexadecimal {
			return false
		}
	}
	return true
}
