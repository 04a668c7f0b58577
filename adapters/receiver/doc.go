// Package receiver delivers events to an HTTP endpoint of a firm, each by one
// POST that is signed as Standard Webhooks asks for.
//
// It promises:
//
//   - No connection is made to an address that is not public, unless that is
//     allowed. The address is checked when it is dialled, after its name was
//     resolved, so that a name which changes its mind gains nothing.
//   - An event contains a session id, which is a credential: it never crosses a
//     public network in clear. Plain http reaches private addresses only.
//   - Redirects are not followed, cookies are not kept, and a proxy of the
//     environment is not used: it would dial in place of the check.
//   - No error repeats the URL, which may hold credentials, or what was sent or
//     answered.
//
// It tries each delivery once, and leaves it to the caller to wait and try again.
package receiver
