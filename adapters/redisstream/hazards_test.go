package redisstream_test

import (
	"strings"
	"testing"

	"dossier/adapters/redisstream"
)

// hazardsOf returns what is told of a server.
func hazardsOf(t *testing.T, url string) []string {
	t.Helper()
	b, err := redisstream.Open(t.Context(), target(t, url))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	return b.Hazards()
}

func TestSettingsThatMayLoseAreTold(t *testing.T) {
	p := startReal(t, "").(*program) // appends to a file, and syncs it always
	if found := hazardsOf(t, p.url()); len(found) > 0 {
		t.Errorf("told of %q although nothing is lost", found)
	}
	for _, c := range []struct{ name, value, before, told string }{
		{"maxmemory-policy", "allkeys-lru", "noeviction", "maxmemory-policy allkeys-lru"},
		{"maxmemory-policy", "volatile-lru", "noeviction", ""}, // the stream's key does not expire
		{"appendfsync", "everysec", "always", "appendfsync everysec"},
		{"appendonly", "no", "yes", "appendonly no"},
	} {
		t.Run(c.name+" "+c.value, func(t *testing.T) {
			client := p.client(t)
			if err := client.ConfigSet(t.Context(), c.name, c.value).Err(); err != nil {
				t.Fatal(err)
			}
			found := hazardsOf(t, p.url())
			if c.told == "" && len(found) > 0 || c.told != "" && (len(found) != 1 || !strings.HasPrefix(found[0], c.told)) {
				t.Errorf("told of %q, wanted %q", found, c.told)
			}
			if err := client.ConfigSet(t.Context(), c.name, c.before).Err(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A server that does not let us ask is used all the same.
func TestSettingsThatCanNotBeAskedForAreNotTold(t *testing.T) {
	p := startReal(t, "").(*program)
	client := p.client(t)
	if err := client.ConfigSet(t.Context(), "appendonly", "no").Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), "ACL", "SETUSER", "relay", "on", ">pw", "~*", "+xadd", "+type", "+select").Err(); err != nil {
		t.Fatal(err)
	}
	if found := hazardsOf(t, "redis://relay:pw@"+p.address()); len(found) > 0 {
		t.Errorf("told of %q without the right to ask", found)
	}
}
