package pgtest

import (
	"net"
	"testing"
)

// Deaf starts a server that takes connections and never says a word. It tells of
// each connection, and ends with the test.
func Deaf(tb testing.TB) (address string, connected <-chan struct{}) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	accepting, accepted := make(chan struct{}), make(chan struct{}, 100)
	var conns []net.Conn
	go func() {
		defer close(accepting)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
			accepted <- struct{}{}
		}
	}()
	tb.Cleanup(func() {
		listener.Close()
		<-accepting
		for _, conn := range conns {
			conn.Close()
		}
	})
	return listener.Addr().String(), accepted
}
