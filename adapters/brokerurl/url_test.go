package brokerurl_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dossier/adapters/brokerurl"
)

func form() brokerurl.Form {
	return brokerurl.Form{
		Example: "mq://host:1000/name", Plain: "mq", Secure: "mq+tls", Port: "1000",
		Options: []string{"size"}, ManyHosts: true, Name: regexp.MustCompile(`^[a-z.]+$`),
	}
}

func TestURLIsRead(t *testing.T) {
	to, err := form().Parse("mq+tls://user:p%40ss@h1/some.name?size=3&host=h2:2000&host=%5B::1%5D:7")
	if err != nil {
		t.Fatal(err)
	}
	size, err := to.Number("size", 1, 1, 9)
	if !to.TLS || to.User != "user" || to.Password != "p@ss" || to.Name != "some.name" || size != 3 || err != nil ||
		!slices.Equal(to.Hosts, []string{"h1:1000", "h2:2000", "[::1]:7"}) {
		t.Errorf("read as %s, user %s, size %d, %v", to, to.User, size, err)
	}
}

func TestDefaults(t *testing.T) {
	for _, text := range []string{"mq://h1", "mq://h1/", "MQ://h1"} {
		to, err := form().Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		size, err := to.Number("size", 4, 1, 9)
		if to.TLS || to.User != "" || to.Name != brokerurl.DefaultName || to.Hosts[0] != "h1:1000" || size != 4 || err != nil {
			t.Errorf("%s is read as %s, size %d, %v", text, to, size, err)
		}
	}
}

func TestURLsThatCannotBeRead(t *testing.T) {
	for _, text := range []string{
		"", "mq", "mq:", "mq:h1", "mq://", "mq:///name", "http://h1", "mq+tls+x://h1", "//h1", "h1:1000",
		"mq://:1000", "mq://h1:0", "mq://h1:70000", "mq://h1:x", "mq://h 1", "mq://h1/UPPER", "mq://h1/a/b", "mq://h1/a%00",
		"mq://h1?colour=red", "mq://h1?size=1&size=2", "mq://h1?host=", "mq://h1?host=a/b", "mq://h1?host=u@h2", "mq://h1?host=h2:x",
		"mq://h1?a=%zz", "mq://h1#part", "mq://h1?size=1;host=x", "mq://u%zz@h1",
	} {
		if to, err := form().Parse(text); err == nil {
			t.Errorf("%q is read as %s", text, to)
		}
	}
	to, err := form().Parse("mq://h1?size=12")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Number("size", 1, 1, 9); err == nil {
		t.Error("12 is taken for a number from 1 to 9")
	}
}

func TestTargetPrintsWithoutThePassword(t *testing.T) {
	to, err := form().Parse("mq://user:s3cret@h1/name")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, to); strings.Contains(text, "s3cret") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

// Whatever the text is, the error holds no part of it that may be a password.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"mq://u:marker@h1/name?size=1&host=h2", "mq://u:marker@h1:x", "mq://u:%zzmarker@h1", "mq://marker", "marker", "mq://h1?marker=1",
		"mq://h1/marker%00", "mq://u:marker@h1?host=marker:x&size=marker",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		to, err := form().Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "marker") {
				t.Errorf("the error of %q repeats it: %v", text, err)
			}
			return
		}
		if len(to.Hosts) == 0 || to.Name == "" || slices.Contains(to.Hosts, "") {
			t.Errorf("%q is read as %s", text, to)
		}
	})
}
