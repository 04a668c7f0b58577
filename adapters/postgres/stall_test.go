package postgres_test

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"
	"sync/atomic"

	"dossier/adapters/storetest"
)

func TestStall(t *testing.T) {
	d := newDatabase(t)
	u, _ := url.Parse(d.url)
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	var stalled atomic.Bool
	server := u.Host
	go func() {
		for {
			c, err := l.Accept()
			if err != nil { return }
			s, err := net.Dial("tcp", server)
			if err != nil { return }
			cp := func(a, b net.Conn) {
				buf := make([]byte, 65536)
				for {
					n, err := b.Read(buf)
					for stalled.Load() { time.Sleep(10*time.Millisecond) }
					if n > 0 { a.Write(buf[:n]) }
					if err != nil { a.Close(); b.Close(); return }
				}
			}
			go cp(c, s)
			go cp(s, c)
		}
	}()
	u.Host = l.Addr().String()
	s := run(t, u.String(), storetest.Options{})
	_, err := s.Append(t.Context(), request("a", "1"))
	t.Log(err)
	stalled.Store(true)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	_, err = s.Append(ctx, request("a", "2"))
	t.Log("append", time.Since(start), err)
	start = time.Now()
	s.stop()
	<-s.ended
	t.Log("stop", time.Since(start), err)
	stalled.Store(false)
	l.Close()
}
