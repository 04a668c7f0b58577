package redisstream

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// hazards are the settings by which a server may lose what it has acknowledged.
// Many do not let a client ask for them: then nothing is told.
func hazards(ctx context.Context, client *redis.Client) (found []string) {
	policy := setting(ctx, client, "maxmemory-policy")
	if strings.HasPrefix(policy, "allkeys-") {
		found = append(found, "maxmemory-policy "+policy+": a full server drops the whole stream; set noeviction, with which the relay waits")
	}
	if setting(ctx, client, "appendonly") == "no" {
		return append(found, "appendonly no: a crash loses all that came after the last snapshot; set appendonly yes and appendfsync always")
	}
	if sync := setting(ctx, client, "appendfsync"); sync == "everysec" || sync == "no" {
		found = append(found, "appendfsync "+sync+": a crash of the machine loses what was acknowledged last; set always")
	}
	return found
}

// setting returns one of the server's settings; empty if it does not tell.
func setting(ctx context.Context, client *redis.Client, name string) string {
	found, err := client.ConfigGet(ctx, name).Result()
	if err != nil {
		return ""
	}
	return found[name]
}
