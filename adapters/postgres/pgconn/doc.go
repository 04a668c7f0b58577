// Package pgconn makes the connections to PostgreSQL, with lib/pq. What it adds
// to the driver:
//
//   - A commit that no synchronous standby confirmed is an error,
//     [ErrUnreplicated]. PostgreSQL reports it as a success with a warning.
//   - On a pool that writes, a statement whose answer was lost is an error,
//     [ErrLost]. lib/pq reports it as one that database/sql runs again, and it may
//     have been committed.
//   - A connection that died while it was idle is replaced before it is used, and
//     so is one that is older than the last [Generation.Renew].
//   - A primary that another one has replaced is passed over, [ErrLeftBehind], and
//     older connections to it end when the other is met.
//   - A panic of the driver is an error, and closes the connection.
//   - A server that is silent for too long fails what waits for it.
//
// What it can't do: the goroutines that lib/pq starts by itself (of a Listener,
// and of COPY) would still end the process if they panicked.
package pgconn
