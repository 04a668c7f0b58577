package sqlite_test

import (
	"database/sql/driver"
	"testing"
)

func TestDbg2(t *testing.T) {
	d := newDatabase(t)
	ctx := t.Context()
	d.raw.SetMaxIdleConns(4)
	var stc func() error
	for _, closing := range []bool{true, false} {
	for _, prep := range []bool{false, true} {
	for _, q := range []string{"SELECT 1", "INSERT INTO settings VALUES ('a', $1)", "INSERT INTO settings VALUES ('a', x'00')", "INSERT INTO settings SELECT value ->> 0, value ->> 1 FROM json_each($1)"} {
		conn, err := d.raw.Conn(ctx)
		if err != nil { t.Fatal(err) }
		_, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if prep {
			st, err := conn.PrepareContext(ctx, q)
			stc = st.Close
			t.Log(err)
			_, err = st.ExecContext(ctx, "[[null,null]]")
			t.Log(q, err)
			_, err = st.ExecContext(ctx, "[[null,null]]")
			t.Log(q, err)
		} else {
			_, err = conn.ExecContext(ctx, q, "[[null,null]]")
			t.Log(q, err)
		}
		if prep && closing { t.Log("close", stc()) }
		t.Log(conn.Raw(func(any) error { return driver.ErrBadConn }))
		b, err := d.Blocked(ctx)
		t.Log(prep, q, "BLOCKED", b, err)
		if b { d = newDatabase(t) }
	}
	}
	}
}
