package pgconn

import (
	"fmt"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

// What the real server says of values that it refuses must not reach a log.
func TestErrorsQuoteNoValues(t *testing.T) {
	db := opened(t, pgtest.New(t), Options{Writes: true})
	const private = "Jane Doe of Elm Street"
	if _, err := db.Exec(`CREATE TABLE people (name text PRIMARY KEY, age int CHECK (age > 0))`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO people VALUES ('` + private + `', 1)`); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ statement, says string }{
		"a value of another type": {`SELECT '` + private + `'::uuid`, "invalid_text_representation"},
		"a value twice":           {`INSERT INTO people VALUES ('` + private + `', 1)`, "people_pkey"},
		"a value that is refused": {`INSERT INTO people VALUES ('` + private + `2', -1)`, "people_age_check"},
		"a value in a function":   {`DO $$ BEGIN PERFORM '` + private + `'::int; END $$`, "invalid_text_representation"},
	} {
		_, err := db.Exec(c.statement)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, private) || !strings.Contains(text, c.says) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
