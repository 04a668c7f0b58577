package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

func TestEverySettingCanComeFromAFile(t *testing.T) {
	content := map[string]string{
		"database-url": "sqlite:of-a-file.db", "listen": ":1234", "webhook-secrets": "a=0123456789abcdef",
		"api-tokens": "admin:0123456789abcdef", "required-services": "a=AML", "app-kinds": "a=individual",
		"heal-window": "5s", "log-level": "error", "log-format": "text", "relay-header-prefix": "x-file",
		"relay-signing-secrets": "0123456789abcdef", "webhook-allow-ips": "10.0.0.1", "trusted-proxies": "10.0.0.2",
		"log-key-file": "/of/a/file.log-key",
		"relay":        "nats://h/of.a.file", "relay-name": "of-a-file", "relay-app": "of-a-file", "relay-types": "kyc.session_reset.v1",
		"relay-from": "12", "relay-session-ref": "true", "relay-allow-private": "true", "receiver-secrets": "0123456789abcdef", "receiver-waits": "1s,2s",
		"synaps-api-keys": "a=0123456789abcdef", "synaps-base-url": "https://h/of-a-file", "synaps-requests-per-minute": "7", "provider-lag": "3s", "reconcile-after": "1s",
	}
	equal(t, "settings", len(content), len(tableVariables()))
	for name, text := range content {
		byValue := loaded(t, variable(name)+"="+text)
		for _, newline := range []string{"", "\n", "\r\n"} {
			same(t, name, loaded(t, variable(name)+"_FILE="+file(t, text+newline)), byValue)
		}
		if reflect.DeepEqual(loaded(t), byValue) {
			t.Errorf("%s: the value changes nothing", name)
		}
	}
}

func TestAListInAFileMayHaveOneEntryALine(t *testing.T) {
	path := file(t, "default=first-secret-long\r\n\n  default=second-secret-long,\nb=third-secret-long,c=fourth-secret-long\n\n")

	same(t, "secrets", loaded(t, "DOSSIER_WEBHOOK_SECRETS_FILE="+path).Secrets, map[kyc.App][]config.Secret{
		"default": {config.NewSecret("first-secret-long"), config.NewSecret("second-secret-long")},
		"b":       {config.NewSecret("third-secret-long")},
		"c":       {config.NewSecret("fourth-secret-long")},
	})
}

func TestAValueGivenTwiceIsAFault(t *testing.T) {
	path := file(t, ":1")
	for what, load := range map[string]func() (config.Config, error){
		"given by DOSSIER_LISTEN and by DOSSIER_LISTEN_FILE: leave one of them out": func() (config.Config, error) {
			return config.Load(&command{}, environment("DOSSIER_LISTEN=:1", "DOSSIER_LISTEN_FILE="+path))
		},
		"given as a flag and by DOSSIER_LISTEN_FILE: leave one of them out": func() (config.Config, error) {
			return config.Load(flags(t, "--listen=:1"), environment("DOSSIER_LISTEN_FILE="+path))
		},
	} {
		_, err := load()
		found, _ := err.(config.Faults)
		if len(found) != 1 {
			t.Fatalf("want one fault, got %v", err)
		}
		equal(t, "problem", found[0].Problem, what)
	}
}

func TestAFileThatCannotBeReadIsAFaultThatNamesIt(t *testing.T) {
	folder := t.TempDir()
	missing := filepath.Join(folder, "missing")
	large := file(t, strings.Repeat("a", 1<<20+1))
	for path, want := range map[string]string{
		missing:      "can't read " + missing + ": no such file or directory",
		"./missing":  "can't read ./missing: no such file or directory",
		folder:       "can't read " + folder + ": is a directory",
		large:        "can't read " + large + ": above 1 MiB",
		"a\x00b":     "can't read the file that DOSSIER_API_TOKENS_FILE names: invalid argument",
		"admin:oops": "can't read the file that DOSSIER_API_TOKENS_FILE names: no such file or directory",
	} {
		found := faults(t, "DOSSIER_API_TOKENS_FILE="+path)
		if len(found) != 1 {
			t.Fatalf("%s: want one fault, got %v", path, found)
		}
		equal(t, "problem", found[0].Problem, want)
	}
}

func TestAFaultInAFileNamesTheFile(t *testing.T) {
	path := file(t, "admin:0123456789abcdef\nnobody")

	equal(t, "fault", faults(t, "DOSSIER_API_TOKENS_FILE="+path).Error(),
		"the configuration has a fault:\n  DOSSIER_API_TOKENS (--api-tokens): entry 2: role:token is expected (from "+path+")")
}

func TestAFileNamedWithoutAFolderIsRead(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("listen", []byte(":4321\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	equal(t, "listen", loaded(t, "DOSSIER_LISTEN_FILE=listen").Listen, ":4321")
}

func TestWhatIsGivenEmptyOnPurposeIsAFault(t *testing.T) {
	const want = "empty: leave it out to get the default"
	for _, content := range []string{"", "\n", " \n\n"} {
		path := file(t, content)
		found := faults(t, "DOSSIER_WEBHOOK_SECRETS_FILE="+path)
		if len(found) != 1 || found[0].Problem != want+" (from "+path+")" {
			t.Errorf("a file of %q: got %v", content, found)
		}
	}
	_, err := config.Load(flags(t, "--relay-signing-secrets="), environment())
	if found, _ := err.(config.Faults); len(found) != 1 || found[0].Problem != want {
		t.Errorf("an empty flag: got %v", err)
	}
}

func TestAnEmptyVariableCountsAsNotSet(t *testing.T) {
	c := loaded(t, "DOSSIER_LISTEN=", "DOSSIER_LISTEN_FILE=", "DOSSIER_API_TOKENS=", "DOSSIER_API_TOKENS_FILE="+file(t, "admin:0123456789abcdef"))

	equal(t, "listen", c.Listen, "127.0.0.1:8080")
	equal(t, "tokens", len(c.Tokens), 1)
}
