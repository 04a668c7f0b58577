package httpapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDocsLoadFromThisServerOnly(t *testing.T) {
	s := newService(t)
	a := s.get("", "/docs").is(200)
	policy := a.Header().Get("Content-Security-Policy")
	for _, banned := range []string{"unsafe", "http", "*"} {
		if strings.Contains(policy, banned) {
			t.Errorf("the policy allows %s: %s", banned, policy)
		}
	}
	if !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	page := a.Body.String()
	if strings.Contains(page, "://") || strings.Contains(page, "<script>") || strings.Contains(page, "style=") {
		t.Errorf("the page is not its own: %s", page)
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if m[1] != "data:," {
			s.get("", "/"+m[1]).is(200)
		}
	}
}

func TestDocsFilesHaveTheirTypes(t *testing.T) {
	s := newService(t)
	for file, want := range map[string]string{
		"swagger-ui-bundle.js": "text/javascript; charset=utf-8", "start.js": "text/javascript; charset=utf-8",
		"swagger-ui.css": "text/css; charset=utf-8", "LICENSE": "text/plain; charset=utf-8",
		"NOTICE": "text/plain; charset=utf-8", "swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
	} {
		a := s.get("", "/docs/"+file).is(200)
		if got := a.Header().Get("Content-Type"); got != want || a.Body.Len() == 0 {
			t.Errorf("%s: %d bytes of type %s", file, a.Body.Len(), got)
		}
		s.get("", "/docs/"+file, "If-None-Match", a.Header().Get("ETag")).is(304)
	}
}

func TestVendoredFilesAreThoseOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("docsui/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		content, err := os.ReadFile("docsui/" + file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if !strings.Contains(string(readme), hex.EncodeToString(sum[:])) {
			t.Errorf("%s is not the file that the README names", file)
		}
	}
}
