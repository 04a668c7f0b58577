//go:build unix

package pgconn

import "syscall"

// alive says whether the server has left the connection alone since its last
// answer. Whatever has come is no answer: the end of the connection, the reason
// that is told before it, or a change of the server's settings. It does not wait.
func (s *socket) alive() bool {
	plain, ok := s.Conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return false
	}
	var silent bool
	// Not Read, which would heed the deadline of the last answer.
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK) // Go's sockets do not block
		silent = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR
	})
	return err == nil && silent
}
