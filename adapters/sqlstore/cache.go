package sqlstore

import (
	"dossier/application/recent"
	"dossier/domain/kyc"
)

// cacheSize is how many sessions are kept at least: a few kilobytes each at
// worst.
const cacheSize = 8192

// headCache keeps the sessions that this process wrote last. It is right only
// while the log stands where this process left it: any other writer moves the
// log's head. It belongs to the goroutine that writes batches.
type headCache struct {
	at       logHead
	filled   bool
	sessions recent.Cache[string, *kyc.Session]
}

// validAt says that nobody else has written since the last batch. An empty
// cache is always valid.
func (c *headCache) validAt(head logHead) bool {
	return !c.filled || c.at.position == head.position
}

// get returns nil for a session that is not kept.
func (c *headCache) get(key string) *kyc.Session {
	s, _ := c.sessions.Get(key)
	return s
}

// keep remembers a batch that was committed. Sessions in it must not be changed
// any more.
func (c *headCache) keep(at logHead, sessions map[string]*kyc.Session) {
	for key, s := range sessions {
		c.sessions.Put(key, s)
	}
	c.at, c.filled = at, true
}

func (c *headCache) clear() {
	c.sessions.Clear()
	c.filled = false
}
