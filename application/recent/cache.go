// Package recent keeps what was used last, within a bound.
package recent

// Cache keeps at least the last Size entries that were put into it, and at most
// twice as many. It forgets by generations: when the younger one is full the
// older one goes, which costs nothing on a hit. It is not safe for concurrent
// use. The zero value with a Size is ready.
type Cache[K comparable, V any] struct {
	Size       int
	young, old map[K]V
}

// Get returns what was put under a key, if it is still kept.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	return v, ok
}

// Put keeps a value under a key.
func (c *Cache[K, V]) Put(key K, value V) {
	if len(c.young) >= c.Size {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = make(map[K]V)
	}
	c.young[key] = value
}

// Clear forgets everything.
func (c *Cache[K, V]) Clear() { c.young, c.old = nil, nil }
