// Package synaps asks the API of Synaps, version 4, for what it shows of sessions
// and keeps of steps. It implements [reconcile.Provider].
//
// It promises:
//
//   - One process sends no more requests in any minute than its budget has,
//     whatever the number of apps, callers and repetitions. What is asked by way
//     of [Client.Slow] only takes what the others leave.
//   - What may pass by itself (429, 5xx, no answer) is tried again, later and
//     later, and when the provider wants to be asked. Once a call has tried in
//     vain to its end, others try once, until one of them is answered.
//   - An overview counts only if it is one, and one of the session that was asked
//     for. A 404 says that a session is unknown only if the API itself says so.
//   - Redirects are not followed, cookies are not kept, and no answer is read
//     beyond its limit.
//   - No error repeats a key, the id of a session, a URL, or what was answered.
//
// It does not promise that processes share their budgets: the limit of Synaps
// counts for an IP address.
package synaps
