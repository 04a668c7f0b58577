package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// result is what a load came to.
type result struct {
	took  time.Duration
	times []time.Duration // of every answer, sorted
}

func (r result) rate() float64 { return float64(len(r.times)) / r.took.Seconds() }

func (r result) latencies() string {
	if len(r.times) == 0 {
		return "no answer"
	}
	at := func(share float64) time.Duration {
		return r.times[min(len(r.times)-1, int(share*float64(len(r.times))))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %s  p99 %s  max %s", at(0.5), at(0.99), r.times[len(r.times)-1].Round(10*time.Microsecond))
}

// load sends webhooks to a URL from many connections. It speaks HTTP by itself:
// a full client would take as much of the machine as the server.
type load struct {
	target      *url.URL
	connections int
	head        []byte // of every request, up to its length
	start       time.Time
	interval    time.Duration // between two webhooks of one connection; 0: as fast as answered
}

// run sends until the time is over and returns all answers.
func (l load) run(ctx context.Context, duration time.Duration) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	l.start = time.Now()
	l.head = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: ",
		l.target.RequestURI(), l.target.Host)
	var wait sync.WaitGroup
	times := make([][]time.Duration, l.connections)
	errs := make([]error, l.connections)
	for i := range l.connections {
		wait.Go(func() { times[i], errs[i] = l.connection(ctx, i) })
	}
	wait.Wait()
	r := result{took: time.Since(l.start), times: slices.Concat(times...)}
	slices.Sort(r.times)
	return r, errors.Join(errs...)
}

// connection sends one webhook after the other.
func (l load) connection(ctx context.Context, number int) (times []time.Duration, err error) {
	conn, err := net.Dial("tcp", l.target.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 4096)
	var request []byte
	for sent := 0; ctx.Err() == nil; sent++ {
		due := time.Now()
		if l.interval > 0 {
			// The connections share the rate evenly. A late one does not skip:
			// its answer time counts from when it was due.
			due = l.start.Add(l.interval*time.Duration(sent) + l.interval*time.Duration(number)/time.Duration(l.connections))
			if !sleepUntil(ctx, due) {
				return times, nil
			}
		}
		request = l.compose(request, number, sent)
		if _, err := conn.Write(request); err != nil {
			return times, err
		}
		if err := readAnswer(reader); err != nil {
			return times, err
		}
		times = append(times, time.Since(due))
	}
	return times, nil
}

// compose writes a whole request. Each session submits four steps, has each
// approved, and is followed by another.
func (l load) compose(b []byte, connection, number int) []byte {
	const steps = 4
	session, turn := number/(2*steps), number%(2*steps)
	status := "PENDING_VERIFICATION"
	if turn%2 == 1 {
		status = "APPROVED"
	}
	const bodyLength = len(`{"reason":"","service":"ID_DOCUMENT","session_id":"01234567-3729-f968-3f55-01234567","status":"","step_id":"1"}`)
	b = append(b[:0], l.head...)
	b = strconv.AppendInt(b, int64(bodyLength+len(status)), 10)
	b = append(b, "\r\nX-Hookdeck-Eventid: evt_"...)
	b = appendHex(appendHex(b, connection), number)
	b = append(b, "\r\nX-Hookdeck-Requestid: req_"...)
	b = appendHex(appendHex(b, connection), number)
	b = append(b, "\r\nX-Hookdeck-Attempt-Count: 1\r\nX-Hookdeck-Attempt-Trigger: INITIAL\r\n\r\n"...)
	b = append(b, `{"reason":"","service":"ID_DOCUMENT","session_id":"`...)
	b = appendHex(b, session)
	b = append(b, "-3729-f968-3f55-"...)
	b = appendHex(b, connection)
	b = append(b, `","status":"`...)
	b = append(b, status...)
	b = append(b, `","step_id":"`...)
	b = append(b, byte('0'+turn/2))
	return append(b, `"}`...)
}

// appendHex appends eight digits.
func appendHex(b []byte, n int) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&0xf])
	}
	return b
}

// readAnswer reads one answer, which must be a 200 with a length.
func readAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	ok := bytes.HasPrefix(line, []byte("HTTP/1.1 200"))
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if !ok {
		body, _ := io.ReadAll(io.LimitReader(r, int64(length)))
		return fmt.Errorf("not answered with %d: %s", http.StatusOK, body)
	}
	_, err = r.Discard(length)
	return err
}

func sleepUntil(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
