package pgconn

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	_ "github.com/lib/pq" // for clients that are not ours

	"dossier/adapters/postgres/pgtest"
)

// busy lets other clients use a database until the test ends.
func busy(t *testing.T, databaseURL string, clients int) {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(clients)
	ctx, stop := context.WithCancel(context.Background())
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for ctx.Err() == nil {
				if _, err := db.Exec(`SELECT count(*) FROM pg_class`); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	t.Cleanup(func() {
		stop()
		asking.Wait()
		db.Close()
	})
}

// However many sessions a pooler has, and whoever else uses it: that statements
// of a connection may meet any of them is found out at the first try.
func TestAPoolerOfStatementsIsRefused(t *testing.T) {
	databaseURL := pgtest.New(t)
	for _, mode := range []string{"transaction", "statement"} {
		for _, size := range []int{1, 2, 5} {
			for _, order := range []int{0, 1} {
				for _, clients := range []int{0, 6} {
					t.Run(fmt.Sprintf("%s, %d sessions, round robin %d, %d others", mode, size, order, clients), func(t *testing.T) {
						through := pgtest.Bouncer(t, databaseURL, "pool_mode="+mode, fmt.Sprint("default_pool_size=", size), fmt.Sprint("server_round_robin=", order))
						busy(t, through, clients)
						address, err := ParseAddress(through)
						if err != nil {
							t.Fatal(err)
						}
						const tries = 5
						for range tries {
							if err := Probe(t.Context(), address, true); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "pool_mode") {
								t.Fatalf("got %v", err)
							}
						}
					})
				}
			}
		}
	}
}

func TestAPoolerOfSessionsIsTakenWithAllSettings(t *testing.T) {
	databaseURL := pgtest.New(t)
	for _, ignored := range []string{"", "ignore_startup_parameters=search_path,statement_timeout,jit,options,extra_float_digits"} {
		through := pgtest.Bouncer(t, databaseURL, "pool_mode=session", ignored)
		busy(t, through, 3)
		address, err := ParseAddress(through)
		if err != nil {
			t.Fatal(err)
		}
		if err := Probe(t.Context(), address, true); err != nil {
			t.Error(err)
		}
		db := opened(t, through+"&search_path=x", Options{Writes: true, Primary: true, Settings: map[string]string{"jit": "off", "statement_timeout": "15s"}})
		for setting, want := range map[string]string{"jit": "off", "statement_timeout": "15s", "search_path": "x"} {
			if got := show(t, db, setting); got != want {
				t.Errorf("%s is %s, want %s", setting, got, want)
			}
		}
	}
}
