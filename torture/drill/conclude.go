package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/torture/verdict"
	"dossier/torture/witness"
	"dossier/torture/world"
)

// conclude ends the traffic, lets everyone catch up, and judges.
func (s *scene) conclude(ctx context.Context, report *Report) error {
	s.say("the end: waiting until all is acknowledged")
	var e verdict.Evidence
	for _, server := range s.world.Servers {
		server.Hold(false)
	}
	s.firm.Behave(witness.Accepting)
	s.restProvider(ctx, report)
	drained := time.AfterFunc(patience, s.traffic.GiveUp)
	err := s.traffic.Drain()
	drained.Stop()
	if err != nil {
		return fmt.Errorf("the recording: %w", err)
	}
	e.Attempts, e.Missing = s.traffic.Attempts(), s.traffic.Missing()
	if len(s.cuts()) == 0 {
		s.settle(ctx)
	}
	s.asked.Break(fakesynaps.FaultServer) // so that the log ends
	s.catchUp(ctx, report)
	for _, server := range s.world.Servers {
		report.Starts += server.Starts()
		report.Unasked = append(report.Unasked, server.Unasked()...)
	}
	ending, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.world.StopServers(ending); err != nil {
		report.Fallen = append(report.Fallen, err.Error())
	}
	s.stop()
	s.reader.Close()
	s.behind.Wait()
	if err := s.collect(ctx, &e); err != nil {
		return err
	}
	e.Cuts, e.Provider, e.ClocksStepped = s.cuts(), s.asked.History(), s.config.Clock
	e.Panics = panics(s.world.Servers)
	e.Fallen = report.Fallen
	report.count(e)
	report.Checks = verdict.Judge(e)
	if report.Held() {
		return nil
	}
	return s.world.Keep(ctx)
}

// cuts are where failovers cut the log off.
func (s *scene) cuts() (all []verdict.Cut) {
	if db, ok := s.world.Database.(*world.Postgres); ok {
		for _, cut := range db.Cuts {
			all = append(all, verdict.Cut(cut))
		}
	}
	return all
}

// catchUp waits until each who reads behind has what the log has.
func (s *scene) catchUp(ctx context.Context, report *Report) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	const interval, still = 100 * time.Millisecond, time.Second
	head, err := s.head(limited)
	for ended := time.Now(); ; {
		now, failed := s.head(limited)
		if err != nil || failed != nil || now != head {
			head, err, ended = now, failed, time.Now()
		}
		if err == nil && time.Since(ended) > still && !s.lagging(limited, head) {
			s.say("the end: the log has %d events", head)
			return
		}
		if !eventlog.Pause(limited, interval) {
			report.Fallen = append(report.Fallen, fmt.Sprintf("behind the log's %d (%v) after %v: %s", head, err, patience, s.standing(ctx)))
			return
		}
	}
}

func (s *scene) head(ctx context.Context) (head int64, err error) {
	err = s.world.Query(ctx, func(q world.Querier) error {
		return q.QueryRowContext(ctx, `SELECT coalesce(max(position), 0) FROM events`).Scan(&head)
	})
	return head, err
}

func (s *scene) lagging(ctx context.Context, head int64) bool {
	if s.stream.Last() < head || s.reader.last() < head {
		return true
	}
	slowest, deferred, err := s.progress(ctx)
	return err != nil || slowest < head || deferred > 0
}

func (s *scene) standing(ctx context.Context) string {
	slowest, deferred, err := s.progress(ctx)
	return fmt.Sprintf("stream %d, subscriber %d, slowest place in the database %d, %d deferred (%v)",
		s.stream.Last(), s.reader.last(), slowest, deferred, err)
}

// places are the least position of the read models and of the consumer groups, and
// how many events the receiver has still to get. The reconciler's place does not
// count: it stays before what the provider does not answer.
const places = `SELECT min(position), (SELECT count(*) FROM relay_deferred) FROM (
	SELECT position FROM checkpoints UNION ALL SELECT position FROM consumer_groups WHERE name <> $1) AS places`

func (s *scene) progress(ctx context.Context) (slowest, deferred int64, err error) {
	err = s.world.Query(ctx, func(q world.Querier) error {
		return q.QueryRowContext(ctx, places, reconcile.GroupName).Scan(&slowest, &deferred)
	})
	return slowest, deferred, err
}

// collect reads what was stored, and lets the binary check it.
func (s *scene) collect(ctx context.Context, e *verdict.Evidence) (err error) {
	read := func(q world.Querier) (err error) {
		if e.Log, err = verdict.ReadLog(ctx, q); err != nil {
			return err
		}
		if e.OnceTable, err = witness.ReadTable(ctx, q); err != nil {
			return err
		}
		e.Before, err = verdict.ReadModels(ctx, q)
		return err
	}
	if err := s.world.Query(ctx, read); err != nil {
		return err
	}
	e.Stream, e.Received = s.stream.Seen(), s.firm.Seen()
	if e.LeastFile, err = witness.ReadFile(s.reader.file); err != nil {
		return err
	}
	if e.Relayed, err = s.relayed(ctx); err != nil {
		return err
	}
	ran, err := s.world.Command(ctx, "verify", "--json")
	if err != nil {
		return err
	}
	e.VerifyCode, e.VerifyText = ran.Code, ran.Output+ran.Errors
	if ran, err = s.world.Command(ctx, "rebuild"); err != nil || ran.Code != 0 {
		return errors.Join(err, fmt.Errorf("rebuild: %s", ran.Errors))
	}
	return s.world.Query(ctx, func(q world.Querier) (err error) {
		e.After, err = verdict.ReadModels(ctx, q)
		return err
	})
}

// relayed reads what the broker holds.
func (s *scene) relayed(ctx context.Context) ([]witness.Sight, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	js, end, err := s.broker.Connect()
	if err != nil {
		return nil, err
	}
	defer end()
	return witness.ReadRelayed(limited, js, world.StreamName)
}

// panics are the lines of the servers' logs that no program should write.
func panics(servers []*world.Server) (all []string) {
	for _, server := range servers {
		text, err := os.ReadFile(server.Log)
		if err != nil {
			return []string{err.Error()}
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE") {
				all = append(all, server.Name+": "+strings.TrimSpace(line))
			}
		}
	}
	return all
}
