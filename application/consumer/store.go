package consumer

import (
	"context"
	"fmt"
	"time"
)

// Claim asks to be the holder of a group.
type Claim struct {
	ID
	Holder string        // of no one else, ever
	Lease  time.Duration // for how long, unless it is renewed
	Start  Start         // if the group does not exist yet
}

// Grant is what a claim gives.
type Grant struct {
	Position int64 // up to which all was consumed
	// Generation tells what is consumed again on purpose from what is consumed
	// again by accident: it stays through crashes and restarts, and is another,
	// higher one once a person has moved the group back, or has deleted it and it
	// began anew. The first is the time at which the group was made, in
	// microseconds since 1970.
	Generation int64
	// History names the history of the topic that was consumed from then on, where
	// a failover may begin another. What was read of the one before must not move
	// the group in the new one: other messages may stand there.
	History string
}

// Continues returns ErrLost if a renewal was granted elsewhere than at the position
// that the group was moved to last, or further, in the history of the first grant:
// a failover has taken moves, and maybe what they were about.
func (g Grant) Continues(position int64, history string) error {
	switch {
	case g.Position < position:
		return fmt.Errorf("the group is at %d and was at %d: %w", g.Position, position, ErrLost)
	case g.History != history:
		return fmt.Errorf("the group is in another history, as after a failover: %w", ErrLost)
	}
	return nil
}

// Move says that a holder has consumed what is after one position, up to
// another.
type Move struct {
	ID
	Holder   string
	From, To int64
	History  string // of the grant that it rests on; empty: not known
}

// Holds keeps the places of consumers.
type Holds interface {
	// Claim makes the caller the holder of a group, or renews its claim, and
	// returns where the group is. A group that does not exist is made. The claim of
	// another has run out when its lease is over by the caller's clock, or by how
	// long the caller saw it stand still, as [Watch] does. Claim
	// returns ErrHeld, or ErrBeyondHead if the group's position or its start is
	// behind the topic's last message.
	Claim(ctx context.Context, c Claim) (Grant, error)
	// Move moves a group. It returns ErrLost if the group is not at From, has
	// another holder, or is in another history.
	Move(ctx context.Context, m Move) error
	// Release lets others have the group at once. It does nothing if the caller
	// is not its holder.
	Release(ctx context.Context, id ID, holder string) error
}

// Store keeps groups.
type Store interface {
	Holds
	// Groups returns all groups, by topic and name.
	Groups(ctx context.Context) ([]Group, error)
	// Seek moves a group that nobody holds to a position, and returns it as it
	// was. To move it back begins a new generation. It returns ErrUnknownGroup,
	// ErrHeld or ErrBeyondHead, and eventlog.ErrNotReplicated if the group moved, and
	// a failover may undo it.
	Seek(ctx context.Context, id ID, position int64) (Group, error)
	// Delete forgets a group that nobody holds, and returns it as it was. It
	// returns ErrUnknownGroup or ErrHeld, and eventlog.ErrNotReplicated as Seek does.
	Delete(ctx context.Context, id ID) (Group, error)
}
