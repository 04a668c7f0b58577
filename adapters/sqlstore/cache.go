package sqlstore

import "dossier/domain/kyc"

// cacheSize is how many sessions each of the two generations holds at most: a
// few kilobytes each at worst.
const cacheSize = 8192

// headCache keeps the sessions that this process wrote last. It is right only
// while the log stands where this process left it: any other writer moves the
// log's head. It belongs to the goroutine that writes batches.
type headCache struct {
	at         logHead
	filled     bool
	young, old map[string]*kyc.Session
}

// validAt says that nobody else has written since the last batch. An empty
// cache is always valid.
func (c *headCache) validAt(head logHead) bool {
	return !c.filled || c.at.position == head.position
}

func (c *headCache) get(key string) *kyc.Session {
	if s, ok := c.young[key]; ok {
		return s
	}
	return c.old[key]
}

// keep remembers a batch that was committed. Sessions in it must not be changed
// any more. When the younger generation is full the older one is forgotten.
func (c *headCache) keep(at logHead, sessions map[string]*kyc.Session) {
	if len(c.young)+len(sessions) > cacheSize {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[string]*kyc.Session, cacheSize)
	}
	for key, s := range sessions {
		c.young[key] = s
	}
	c.at, c.filled = at, true
}

func (c *headCache) clear() { *c = headCache{} }
