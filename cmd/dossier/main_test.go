package main

import (
	"crypto/sha256"
	"encoding/hex"
	goflag "flag" // a flag is something else here
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// asProgram is the variable that makes the test binary the program itself: the
// processes that tests start are then what was built and, with -race, watched
// like everything else. It has not the prefix of ours, which would be warned of.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main() // which exits
	}
	// Tests wait for processes, read models and timeouts more than they compute.
	// This is a default: a -parallel on the command line wins.
	if err := goflag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	folder, err := os.MkdirTemp("", "dossier-keys-")
	if err != nil {
		panic(err)
	}
	if err := os.Setenv(keyFolder, folder); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(folder) // left to the system otherwise
		os.Exit(code)
	}))
}

// keyFolder is the variable that names the folder of the keys of transparency
// logs, a file for each database.
const keyFolder = "TEST_KEY_FOLDER"

// logKeyFile is the file of the key of a database, the same for all servers that
// a test starts on it.
func logKeyFile(databaseURL string) string {
	sum := sha256.Sum256([]byte(databaseURL))
	return filepath.Join(os.Getenv(keyFolder), hex.EncodeToString(sum[:8]))
}
