package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

// An event never changes, so what this process remembers of the log stays right,
// unless the log itself is replaced: by a failover to a standby that had not
// received all, or by a backup that is put back. The one who appends finds that
// out, under the lock: it compares the last event that this process knows to be
// committed with what the database has. Readers only find a head that is too low,
// which may as well be that of a server that was left behind; they ask the one who
// appends.

const selectEventID = `SELECT event_id FROM events WHERE position = $1`

// selectEventIDs reads the ids of two events.
const selectEventIDs = `SELECT position, event_id FROM events WHERE position = $1 OR position = $2`

const (
	insertCut = `INSERT INTO log_cuts (had_position, had_event, head_position, head_event, note, noticed_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`

	selectCuts = `SELECT had_position, had_event, head_position, head_event, note, noticed_at FROM log_cuts
ORDER BY noticed_at, had_position LIMIT $1`
)

// mark is an event: a place in the log, and what makes it this event.
type mark struct {
	position int64
	id       string
}

// history is the last event that this process knows to be committed.
type history struct {
	mu     sync.Mutex
	last   mark
	asking bool // somebody looks whether the log was cut back
	number int64
}

// Histories counts how often this process has found that the log was cut back.
func (s *Store) Histories() int64 {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	return s.history.number
}

func (h *history) known() mark {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// learn takes a later event.
func (h *history) learn(m mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.position > h.last.position {
		h.last = m
	}
}

// replace takes the last event of another history.
func (h *history) replace(m mark) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = m
	h.number++
}

// HistoryMeter is what a Meter may implement to observe histories.
type HistoryMeter interface {
	// CutBack reports that the database has lost events which were committed.
	CutBack()
}

// checkHistory compares what a batch has loaded with what this process knows. It
// reports whether the log was cut back: then all that was remembered is
// forgotten, and the batch must be loaded again.
func (s *Store) checkHistory(ctx context.Context, w *writer, b *batch) (cutBack bool, err error) {
	known, loaded := s.history.known(), mark{b.head.position, b.headID}
	same, err := s.holds(ctx, w, known, loaded)
	if err != nil {
		return false, err
	}
	w.checked = true
	if !same {
		s.cutBack(known, loaded)
		return true, nil
	}
	if b.certain >= loaded.position {
		s.history.learn(loaded)
	}
	return false, nil
}

// holds says whether the log still has an event.
func (s *Store) holds(ctx context.Context, w *writer, known, head mark) (bool, error) {
	switch {
	case known.position == 0:
		return true, nil
	case head.position <= known.position:
		return head == known, nil
	case w.checked: // it was there, and the same server only appends
		return true, nil
	}
	rows, err := w.query(ctx, selectEventID, known.position)
	if err != nil {
		return false, fmt.Errorf("check the history: %w", err)
	}
	defer rows.Close()
	var id string
	for rows.Next() {
		if err := rows.Scan(&id); err != nil {
			return false, fmt.Errorf("check the history: %w", err)
		}
	}
	return id == known.id, rows.Err()
}

// cutBack forgets what this process remembers of a log that is no more.
func (s *Store) cutBack(known, head mark) {
	s.history.replace(head)
	s.heads.clear()
	s.forgetRead()
	s.confirmed.forget()
	s.logger.Error("the log was cut back: the database has lost events that were acknowledged, as a failover to a standby that lagged loses them",
		"had", known.position, "head", head.position)
	if m, ok := s.meter.(HistoryMeter); ok {
		m.CutBack()
	}
	s.keepCut(eventlog.Cut{Had: eventlog.Place{Position: known.position, EventID: known.id},
		Head: eventlog.Place{Position: head.position, EventID: head.id}, At: s.now()})
	s.wake()
}

// keepCut writes down what was lost, for auditors, beside the appends: it is not
// worth that one fails.
func (s *Store) keepCut(c eventlog.Cut) {
	s.confirmed.mu.Lock()
	defer s.confirmed.mu.Unlock()
	if s.confirmed.stopped.Err() != nil {
		return
	}
	s.confirmed.asks.Go(func() {
		ctx := s.confirmed.stopped
		for {
			err := s.SaveCut(ctx, c)
			if err == nil || ctx.Err() != nil {
				return
			}
			s.logger.Warn("that the log was cut back is not recorded yet", "error", err)
			eventlog.Pause(ctx, cutRetry)
		}
	})
}

// cutRetry is the pause after a record of a cut that failed.
const cutRetry = 5 * time.Second

// SaveCut records durably what the log has lost. The same is recorded once.
func (s *Store) SaveCut(ctx context.Context, c eventlog.Cut) error {
	ctx, cancel := context.WithTimeout(ctx, confirmWait)
	defer cancel()
	_, err := s.execDurable(ctx, insertCut, c.Had.Position, c.Had.EventID, c.Head.Position, c.Head.EventID, string(c.Note), codec.Micros(c.At))
	return s.readError("record that the log was cut back", err)
}

// Cuts returns what the log has lost, as it was noticed, up to a limit.
func (s *Store) Cuts(ctx context.Context, limit int) (all []eventlog.Cut, err error) {
	err = each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		var c eventlog.Cut
		var micros int64
		var note string
		err := rows.Scan(&c.Had.Position, &c.Had.EventID, &c.Head.Position, &c.Head.EventID, &note, &micros)
		if note != "" {
			c.Note = []byte(note)
		}
		c.At = codec.TimeOf(micros)
		all = append(all, c)
		return err
	}, selectCuts, limit)
	return all, s.readError("read what the log has lost", err)
}

// forgetRead lets readers ask the database, over new connections: what they have
// may be another server's.
func (s *Store) forgetRead() {
	s.tail.clear()
	if s.pools.Renew != nil {
		s.pools.Renew()
	}
}

// current returns ErrBehind for a head below what this process knew to be
// committed before it asked for the head, and lets somebody find out why.
func (s *Store) current(known mark, head int64) error {
	if head >= known.position {
		return nil
	}
	s.suspect(known.position, head)
	return fmt.Errorf("the database's head is %d, and %d is committed: %w", head, known.position, eventlog.ErrBehind)
}

// suspectLimit bounds the search for the reason of a head that is too low.
const suspectLimit = 30 * time.Second

// suspect gives up the connections that read, and has an append that appends
// nothing look at the history.
func (s *Store) suspect(known, head int64) {
	s.history.mu.Lock()
	defer s.history.mu.Unlock()
	if s.history.asking || s.confirmed.stopped.Err() != nil {
		return
	}
	s.history.asking = true
	s.forgetRead()
	s.confirmed.asks.Go(func() {
		ctx, cancel := context.WithTimeout(s.confirmed.stopped, suspectLimit)
		defer cancel()
		_, err := s.Append(ctx, nothing())
		found := []any{"head", head, "committed", known}
		if err != nil {
			found = append(found, "error", err) // none: the server that takes appends has them, or has said that they are lost
		}
		s.logger.Warn("the database answered with a head that is too low", found...)
		s.history.mu.Lock()
		defer s.history.mu.Unlock()
		s.history.asking = false
	})
}

// checkFolded returns ErrOtherHistory unless the log, on the server that tx writes
// to, has the event that was read for a position. It returns the id of the event
// at another position, where a step begins.
func (s *Store) checkFolded(ctx context.Context, tx *sql.Tx, from int64, to mark) (before string, err error) {
	found := ""
	err = each(ctx, tx, func(rows *sql.Rows) error {
		var m mark
		if err := rows.Scan(&m.position, &m.id); err != nil {
			return err
		}
		if m.position == from {
			before = m.id
		}
		if m.position == to.position {
			found = m.id
		}
		return nil
	}, selectEventIDs, from, to.position)
	if err != nil {
		return "", fmt.Errorf("check the history: %w", err)
	}
	if to.id != "" && found != to.id {
		s.forgetRead()
		return "", fmt.Errorf("position %d: %w", to.position, eventlog.ErrOtherHistory)
	}
	return before, nil
}
