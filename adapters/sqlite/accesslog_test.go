package sqlite_test

// accessAttacks returns what a person with an SQL shell may try on the access
// log.
func accessAttacks() []string {
	const columns = `(number, recorded_at, actor, role, via, action, app, session_id, detail) VALUES `
	const rest = `, 0, 'eve', '', 'cli', 'export', '', '', '')`
	return []string{
		`UPDATE access_log SET actor = 'eve'`,
		`UPDATE access_log SET detail = detail WHERE number = 1`,
		`UPDATE OR REPLACE access_log SET number = 1 WHERE number = 2`,
		`DELETE FROM access_log`,
		`DELETE FROM access_log WHERE number = 3`,
		`REPLACE INTO access_log ` + columns + `(3` + rest,
		`INSERT OR REPLACE INTO access_log ` + columns + `(1` + rest,
		`INSERT OR IGNORE INTO access_log ` + columns + `(1` + rest,
		`INSERT INTO access_log ` + columns + `(2` + rest + ` ON CONFLICT DO UPDATE SET actor = 'eve'`,
		`INSERT INTO access_log ` + columns + `(5` + rest, // a hole
		`INSERT INTO access_log ` + columns + `(0` + rest,
		`INSERT INTO access_log ` + columns + `(-1` + rest,
		`INSERT INTO access_log ` + columns + `(4, NULL, 'eve', '', 'cli', 'export', '', '', '')`,
		`INSERT INTO access_log ` + columns + `(4, 0, 'eve', '', 'shell', 'export', '', '', '')`,
		`INSERT INTO access_log ` + columns + `(4, 'today', 'eve', '', 'cli', 'export', '', '', '')`,
	}
}
