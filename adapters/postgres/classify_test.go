package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/sqlstore"
)

func TestErrorsAreClassified(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want sqlstore.Class
	}{
		"connection failure":          {code("08006"), sqlstore.Unavailable},
		"read-only transaction":       {code("25006"), sqlstore.Unavailable},
		"serialization failure":       {code("40001"), sqlstore.Unavailable},
		"deadlock":                    {code("40P01"), sqlstore.Unavailable},
		"disk full":                   {code("53100"), sqlstore.Unavailable},
		"too many connections":        {code("53300"), sqlstore.Unavailable},
		"lock not available":          {code("55P03"), sqlstore.Unavailable},
		"admin shutdown":              {code("57P01"), sqlstore.Unavailable},
		"cannot connect now":          {code("57P03"), sqlstore.Unavailable},
		"query cancelled":             {code("57014"), sqlstore.Unavailable},
		"I/O error":                   {code("58030"), sqlstore.Unavailable},
		"invalid byte sequence":       {code("22021"), sqlstore.BadData},
		"value out of range":          {code("22003"), sqlstore.BadData},
		"row too big for an index":    {code("54000"), sqlstore.BadData},
		"unique violation":            {code("23505"), sqlstore.Fault},
		"syntax error":                {code("42601"), sqlstore.Fault},
		"insufficient privilege":      {code("42501"), sqlstore.Fault},
		"raised by a trigger":         {code("P0001"), sqlstore.Fault},
		"no standby has confirmed it": {fmt.Errorf("%w: %w", ErrUnreplicated, code("57014")), sqlstore.Unreplicated},
		"an answer that was lost":     {pgconn.ErrLost, sqlstore.Unavailable},
		"a connection that was lost":  {driver.ErrBadConn, sqlstore.Unavailable},
		"a connection that is closed": {sql.ErrConnDone, sqlstore.Unavailable},
		"an answer that broke off":    {io.ErrUnexpectedEOF, sqlstore.Unavailable},
		"no answer":                   {io.EOF, sqlstore.Unavailable},
		"a network that failed":       {&net.OpError{Op: "dial", Err: errors.New("refused")}, sqlstore.Unavailable},
		"a context that ended":        {context.DeadlineExceeded, sqlstore.Fault},
		"a context that was given up": {context.Canceled, sqlstore.Fault},
		"anything else":               {errors.New("x"), sqlstore.Fault},
	} {
		if got := classify(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%s: class %d, want %d", name, got, c.want)
		}
	}
}

func code(c pqerror.Code) error { return &pq.Error{Severity: "ERROR", Code: c} }

// Only an answer that says so means that a statement was not committed.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"the statement failed":             {&pq.Error{Severity: "ERROR", Code: "23505"}, true},
		"no standby has confirmed it":      {fmt.Errorf("%w: %w", ErrUnreplicated, code("57014")), false},
		"the answer was lost":              {fmt.Errorf("%w: %w", pgconn.ErrLost, io.EOF), false},
		"the statement failed, in German":  {&pq.Error{Severity: "FEHLER", Code: "23505"}, true},
		"it was cancelled, in German":      {&pq.Error{Severity: "FEHLER", Code: "57014"}, false},
		"the session was ended, in Polish": {&pq.Error{Severity: "KATASTROFALNY", Code: "57P01"}, false},
		"the session was ended":            {&pq.Error{Severity: "FATAL", Code: "57P01"}, false},
		"the server crashed":               {&pq.Error{Severity: "PANIC", Code: "XX000"}, false},
		"the connection was lost":          {driver.ErrBadConn, false},
		"the answer broke off":             {io.ErrUnexpectedEOF, false},
		"the time for it was over":         {context.DeadlineExceeded, false},
		"the network failed under a write": {&net.OpError{Op: "write", Err: errors.New("reset")}, false},
	} {
		if got := refused(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%s: refused %t, want %t", name, got, c.want)
		}
	}
}
