//go:build !unix

package sqlite

// ownAs gives a new file to the owner of another, where files have one.
func ownAs(string, string) error { return nil }

// inUse says whether another process has a database open whose file is gone. Where
// files that are open can't be removed, none has.
func inUse(string) (bool, error) { return false, nil }
