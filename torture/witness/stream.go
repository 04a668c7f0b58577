package witness

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Stream is a client of the live stream, which comes again to any of the servers
// and says which event it got last. If the log does not have that any more, it
// goes back to one that the log has.
type Stream struct {
	servers []string
	token   string
	seen    sights

	mu      sync.Mutex
	cut     context.CancelFunc // of the connection that is open
	opened  int
	back    int            // how many events to go back behind: the log does not have them
	refused map[string]int // answers that were no stream, by status
}

// OpenStream returns a client of servers, by their base URLs; Run runs it.
func OpenStream(servers []string, token string) *Stream {
	return &Stream{servers: servers, token: token, refused: map[string]int{}, cut: func() {}}
}

// Run reads until ctx ends.
func (s *Stream) Run(ctx context.Context) {
	const again = 200 * time.Millisecond
	for next := 0; ctx.Err() == nil; next++ {
		s.read(ctx, s.servers[next%len(s.servers)])
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

// Cut ends the connection from the client's side, in the middle of whatever
// comes.
func (s *Stream) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut()
}

// Seen returns what came, in order.
func (s *Stream) Seen() []Sight { return s.seen.copied() }

// Last is the position of what came last.
func (s *Stream) Last() int64 { return s.seen.last() }

// Opened is how many connections there were.
func (s *Stream) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Refused counts the answers that were no stream, by what they were.
func (s *Stream) Refused() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int{}
	for status, n := range s.refused {
		all[status] = n
	}
	return all
}

// read follows one connection to its end.
func (s *Stream) read(ctx context.Context, server string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cut = cancel
	s.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/v1/events", nil)
	if err != nil {
		return
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Last-Event-ID", s.from())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return
	}
	defer answer.Body.Close()
	s.note(answer)
	if answer.StatusCode != http.StatusOK {
		return
	}
	// A server that is frozen says nothing, and its heartbeat does not come: a
	// client that hears nothing for a while comes again.
	const silence = 20 * time.Second
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	s.follow(lines, func() { watchdog.Reset(silence) })
}

// from is the place to go on behind, as the stream takes it.
func (s *Stream) from() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.seen.before(s.back)
	if !found {
		return "0"
	}
	return fmt.Sprintf("%d:%s", at.Position, at.EventID)
}

func (s *Stream) note(answer *http.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer.StatusCode == http.StatusOK {
		s.opened++
		s.back = 0
		return
	}
	var told struct {
		Type string `json:"type"`
	}
	_ = json.NewDecoder(answer.Body).Decode(&told)
	if told.Type == "other-history" { // after a failover that lost events
		s.back = max(1, 2*s.back)
	}
	s.refused[fmt.Sprintf("%d %s", answer.StatusCode, told.Type)]++
}

// follow reads messages; heard is called for each line.
func (s *Stream) follow(lines *bufio.Scanner, heard func()) {
	var id int64
	var data []string
	for lines.Scan() {
		heard()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "" && data != nil:
			var event struct {
				EventID string `json:"event_id"`
			}
			if json.Unmarshal([]byte(strings.Join(data, "\n")), &event) == nil {
				s.seen.add(Sight{id, event.EventID})
			}
			data = nil
		case name == "id":
			id, _ = strconv.ParseInt(value, 10, 64)
		case name == "data":
			data = append(data, value)
		}
	}
}
